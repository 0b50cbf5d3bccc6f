import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { ReplayJob, ReplayPage } from '@writ/commands'
import { afterAll, describe, expect, it } from 'vitest'
import { replayThreads } from './replay-threads.ts'

const ENGINE = { name: 'writ', version: '1', source: 'sha256:0', tzdata: 'test' }
const JOB: ReplayJob = { engine: ENGINE }
const folder = mkdtempSync(join(tmpdir(), 'writ-replay-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A thread of our own making: plain JavaScript, since it misbehaves on purpose. */
const thread = (name: string, text: string): URL => {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, `import { parentPort } from 'node:worker_threads'\n${text}`)
  return pathToFileURL(file)
}

const page = (position: number): ReplayPage => [{ position, id: `d-${position}`, text: '{' }]
const nothing = async () => undefined

describe('threads that judge', () => {
  it('judge many pages side by side, each once', async () => {
    const judges = replayThreads({ count: 2 })(JOB, nothing)
    const tallies = await Promise.all(
      Array.from({ length: 9 }, (_, i) => judges.judge(page(i + 1))),
    )
    await judges.close()
    expect(tallies.map((tally) => tally.changes.map(({ position }) => position))).toEqual(
      Array.from({ length: 9 }, (_, i) => [i + 1]),
    )
    expect([...(tallies[0]?.reasons ?? [])]).toEqual([['not-replayable unreadable-entry', 1]])
  })

  it('are ended when they hang, their page told as errors, and the next page judged by another', async () => {
    const hang = `parentPort.on('message', ({ page }) => {
      if (page[0].position === 1) for (;;) {}
      parentPort.postMessage({ tally: { decisions: page[0].position } })
    })`
    const judges = replayThreads({ count: 1, pageMsMax: 1_500, thread: thread('hang', hang) })(
      JOB,
      nothing,
    )
    const [hung, next] = await Promise.all([judges.judge(page(1)), judges.judge(page(2))])
    await judges.close()
    expect([...hung.classes]).toEqual([['error', 1]])
    expect([...hung.reasons]).toEqual([['error time-limit', 1]])
    expect(next.decisions).toBe(2)
  })

  it('that end by themselves are told as errors too, whenever they end', async () => {
    const dies = thread('dies', `parentPort.on('message', () => { throw new Error('out') })`)
    const never = thread('never', 'process.exit(3)')
    for (const bad of [dies, never]) {
      const judges = replayThreads({ count: 1, pageMsMax: 5_000, thread: bad })(JOB, nothing)
      // Time enough for the one that ends before it is asked anything.
      await sleep(400)
      const tallies = [await judges.judge(page(1)), await judges.judge(page(2))]
      await judges.close()
      for (const { reasons } of tallies) expect([...reasons]).toEqual([['error thread-ended', 1]])
    }
  })
})
