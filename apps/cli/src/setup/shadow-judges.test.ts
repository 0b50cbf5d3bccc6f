import type { Judgement, ReplayPage, ShadowJob } from '@writ/commands'
import { afterEach, describe, expect, it } from 'vitest'
import { shadowJudges } from './shadow-judges.ts'

const JOB: ShadowJob = { candidate: '', variant: null, live: '' }
const page = (...texts: readonly string[]): ReplayPage =>
  texts.map((text, i) => ({ position: i + 1, id: `d-${i}`, text }))

/** Judges as the text of the decision says, or misbehaves as it says. */
const THREAD = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads'
    parentPort.on('message', (items) => {
      for (const { text } of items) {
        if (text === 'hang') for (;;) {}
        if (text === 'throw') throw new Error('defect')
        if (text === 'hoard') { const all = []; for (;;) all.push(new Array(1e6).fill(text)) }
        parentPort.postMessage({ class: text, verdict: null, error: null, changed: [] })
      }
    })
    parentPort.postMessage('ready')
  `)}`,
)

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
})
const judges = (decisionMsMax = 300, thread = THREAD) => {
  const one = shadowJudges({ decisionMsMax, thread })(JOB)
  opened.push(one)
  return one
}
const toldOf = (judged: readonly Judgement[]) =>
  judged.map(({ class: name, error }) => (error === null ? name : `${error.kind} ${error.code}`))

describe('the judges of a shadow run', () => {
  it('note a decision over which the candidate hangs, and judge those before and after it', async () => {
    const judged = await judges().judge(page('same', 'hang', 'tightened', 'same'))
    expect(toldOf(judged)).toEqual(['same', 'timeout time-limit', 'tightened', 'same'])
  })

  it.each(['throw', 'hoard'])(
    'note a thread that ends by %s, and go on with another one',
    async (fault) => {
      const judged = await judges(20_000).judge(page('same', fault, 'same'))
      expect(toldOf(judged)).toEqual(['same', 'defect thread-ended', 'same'])
    },
  )

  it('give the rest of a page up after three failures, and try the next page again', async () => {
    const one = judges(200)
    const began = performance.now()
    const judged = await one.judge(page(...Array.from({ length: 50 }, () => 'hang')))
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(toldOf(judged)).toEqual([
      ...Array.from({ length: 3 }, () => 'timeout time-limit'),
      ...Array.from({ length: 47 }, () => 'timeout given-up'),
    ])
    expect(toldOf(await one.judge(page('same')))).toEqual(['same'])
  })

  it('note every decision where the candidate does not even compile', async () => {
    const one = shadowJudges({})({ ...JOB, candidate: 'no: policy' })
    opened.push(one)
    expect(toldOf(await one.judge(page('{}', '{}')))).toEqual([
      ...['defect thread-ended', 'defect thread-ended'],
    ])
  })

  it('say nothing of a candidate when they are closed over it', async () => {
    const one = judges(20_000)
    const judging = one.judge(page('same', 'hang'))
    setTimeout(() => void one.close(), 300)
    await expect(judging).rejects.toThrow('closed')
  })
})
