import { type LedgerName, Problem } from '@writ/kernel'
import { beforeAll, expect, it } from 'vitest'
import {
  describeOnBothDatabases,
  type TestDatabase,
} from '../../../../test/support/test-databases.ts'
import type { Caller } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { depsOver, openLedgers } from '../shared/deps.fixture.ts'
import { newEvent } from '../shared/new-event.ts'
import { placeSubject, sealData, sealedParts } from '../shared/personal-data.ts'
import { judgesHere } from './page-judges.ts'
import { ENGINE, FINANCE, inputsOf } from './replay-case.fixture.ts'
import { type ReplayCommand, replayDecisions } from './replay-decisions.query.ts'
import type { ReplayReport } from './replay-report.ts'
import { judgeAgain } from './try-candidate.ts'

const LEDGER = 'acme/replay' as LedgerName
const CALLER: Caller = {
  ...{ tenant: 'acme', ledger: LEDGER, actor: { type: 'system', id: 'test' }, scopes: new Set() },
  roles: new Set(),
}
const NOTE = 'Ada lost her job in spring'
/** One a minute, so that times and positions tell the same story. */
const at = (i: number): string => new Date(Date.UTC(2026, 10, 20, 12, i)).toISOString()

describeOnBothDatabases('replaying the decisions of a ledger', (open) => {
  let test: TestDatabase
  let deps: Deps
  /** Positions of the decisions, in order. */
  const positions: number[] = []

  beforeAll(async () => {
    test = await open()
    deps = depsOver(test)
    await openLedgers(deps, LEDGER, CALLER.actor)
    for (let i = 0; i < 12; i++) {
      await told(i)
      // Something between, so that positions have gaps for whoever looks at decisions alone.
      if (i % 3 === 0) await append({ type: 'Noticed', stream: `notice:${i}`, data: { i } })
    }
    // Named like ours, in a category of a producer's own.
    await append({
      type: 'DecisionMade',
      stream: 'order:o-1',
      data: { inputs: { domain: 'finance' } },
    })
  })

  const append = async (event: object, more: object = {}): Promise<number> => {
    const made = newEvent(deps, { caller: CALLER }, event as Parameters<typeof newEvent>[2])
    const result = await deps.log.append(LEDGER, {
      caller: 'test',
      events: [{ event: made }],
      ...more,
    })
    if (result instanceof Problem || result.status !== 'appended')
      throw new Error(JSON.stringify(result))
    return result.places[0]?.position ?? 0
  }

  /** Decision `i` of a person with a note: 0.00, 0.01 … 0.11, every third of domain `other`. */
  const told = async (i: number): Promise<void> => {
    const id = deps.newId()
    const subject = await placeSubject(deps, 'acme', { type: 'customer', id: `c-${i}` })
    const request = { discount: i / 100, margin: 0.3, note: NOTE }
    const inputs = inputsOf(null, request, {
      ...{ at: at(i), domain: i % 3 === 2 ? 'other' : 'finance' },
      ...{ subject: { type: subject.type, id: subject.id } },
    })
    const decided = judgeAgain(null, inputs)
    const data = { inputs, decided, engine: { ...ENGINE, ms: 1 } }
    if (subject.known === undefined) throw new Error('a customer is a person')
    const content = sealData(deps, subject.known, {
      ...{ ledger: LEDGER, eventId: id, data: data as never, pointers: ['/inputs/request/note'] },
    })
    const event = {
      id,
      type: 'DecisionMade',
      stream: `decision:${id}`,
      data: content.data,
      commitments: content.commitments,
    }
    const control = { epoch: 0, counter: 0, systemCounter: 0 }
    positions.push(await append(event, { control, ...sealedParts(subject, content.sealed) }))
  }

  const replayed = async (command: ReplayCommand): Promise<ReplayReport> => {
    const report = await replayDecisions(deps)(CALLER, command, { judges: judgesHere })
    if (report instanceof Problem) throw new Error(report.detail)
    return report
  }
  const chosen = async (command: ReplayCommand): Promise<readonly number[]> => {
    const { first, last, decisions } = (await replayed(command)).selection
    return [first, last, decisions]
  }
  const p = (i: number): number => positions[i] as number

  it('chooses the last, a range of positions or times without its end, and a domain', async () => {
    expect(await chosen({})).toEqual([p(0), p(11), 12])
    expect(await chosen({ last: 1 })).toEqual([p(11), p(11), 1])
    expect(await chosen({ last: 5 })).toEqual([p(7), p(11), 5])
    expect(await chosen({ last: 99 })).toEqual([p(0), p(11), 12])
    expect(await chosen({ last: 2, domain: 'other' })).toEqual([p(8), p(11), 2])
    expect(await chosen({ from: { position: p(3) }, to: { position: p(6) } })).toEqual([
      p(3),
      p(5),
      3,
    ])
    expect(await chosen({ from: { time: at(3) }, to: { time: at(6) } })).toEqual([p(3), p(5), 3])
    expect(
      await chosen({ from: { position: p(2) }, to: { time: at(4) }, domain: 'finance' }),
    ).toEqual([p(3), p(3), 1])
  })

  it('opens what is sealed, writes nothing, and shows none of it', async () => {
    const head = await deps.reader.head(LEDGER)
    const fidelity = await replayed({})
    expect(fidelity.classes).toMatchObject({ same: 12 })
    const whatIf = await replayed({ candidate: { text: FINANCE } })
    expect(whatIf.selection.decisions).toBe(8)
    expect(whatIf.classes).toMatchObject({ loosened: 8 })
    expect(JSON.stringify([fidelity, whatIf])).not.toContain('Ada')
    expect(await deps.reader.head(LEDGER)).toEqual(head)
  })

  it('says of nothing chosen, of a candidate of another domain and of none at all why not', async () => {
    const codeOf = async (command: ReplayCommand) => {
      const report = await replayDecisions(deps)(CALLER, command, { judges: judgesHere })
      return report instanceof Problem ? report.code : 'none'
    }
    expect(await codeOf({ domain: 'hr' })).toBe('decision-not-found')
    expect(await codeOf({ candidate: { text: FINANCE }, domain: 'other' })).toBe('request-invalid')
    expect(await codeOf({ candidate: { reference: 'finance-constitution@9.0.0' } })).toBe(
      'policy-not-found',
    )
    expect(await codeOf({ candidate: { reference: 'x@1@2' } })).toBe('policy-reference-invalid')
    expect(await codeOf({ candidate: { text: 'policy: [' } })).toBe('policy-unreadable')
  })

  it('hears what people said later, the last word first', async () => {
    const say = async (i: number, first: string, then: string): Promise<number> => {
      const entry = await deps.reader.at(LEDGER, p(i))
      const { id } = JSON.parse(entry?.text ?? '') as { id: string }
      const decisionId = { decisionId: id }
      for (const [stream, type] of [
        [`review:r-${i}-1`, first],
        [`review:r-${i}-2`, then],
      ] as const) {
        await append({ type: 'ReviewOpened', stream, data: decisionId })
        await append({ type, stream, data: {} })
      }
      const last = (await deps.reader.head(LEDGER))?.position ?? 0
      // Named like ours, in a category of a producer's own.
      await append({ type: 'ReviewOpened', stream: `order:r-${i}`, data: decisionId })
      await append({ type: first, stream: `order:r-${i}`, data: {} })
      return last
    }
    await say(3, 'ReviewGranted', 'ReviewDeclined')
    const last = await say(4, 'ReviewDeclined', 'ReviewGranted')
    const { agreement } = await replayed({ candidate: { text: FINANCE } })
    expect(agreement).toEqual({
      knownTo: last,
      before: { agrees: 0, disagrees: 0, leftToPeople: 2 },
      after: { agrees: 1, disagrees: 1, leftToPeople: 0 },
    })
  })

  it('finds the last behind thousands of other entries', async () => {
    for (let batch = 0; batch < 5; batch++) {
      const events = Array.from({ length: 450 }, (_, i) => ({
        event: newEvent(
          deps,
          { caller: CALLER },
          {
            ...{ type: 'Noticed' as never, stream: `notice:${batch}-${i}`, data: {} },
          },
        ),
      }))
      const result = await deps.log.append(LEDGER, { caller: 'test', events })
      expect(result).toMatchObject({ status: 'appended' })
    }
    expect(await chosen({ last: 5 })).toEqual([p(7), p(11), 5])
    expect(await chosen({ last: 99 })).toEqual([p(0), p(11), 12])
  })

  it('calls what was erased not replayable, and replays the rest', async () => {
    await test.owner.query({
      text: 'delete from log.sealed_values where event_id in (select id from log.entries where position = $1)',
      values: [p(1)],
    })
    const { classes, reasons, changes } = await replayed({})
    expect(classes).toMatchObject({ same: 11, 'not-replayable': 1 })
    expect(reasons).toEqual([{ class: 'not-replayable', reason: 'erased', decisions: 1 }])
    expect(changes.map(({ position }) => position)).toEqual([p(1)])
  })
})
