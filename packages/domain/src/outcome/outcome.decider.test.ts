import { type JsonObject, Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import {
  decideOutcome,
  effectiveOutcome,
  type OutcomeVersion,
  type RecordOutcome,
} from './outcome.decider.ts'

const DECISION = '01920000-0000-7000-8000-0000000000d1'
const MONDAY = '2026-03-02T12:00:00.000Z'
const TUESDAY = '2026-03-03T12:00:00.000Z'
const WON = { won: true }
const LOST = { won: false }

/** A version as the log has it: `values` told of at `occurredAt` under `revision`. */
const told = (
  revision: number,
  values: JsonObject,
  more: Partial<OutcomeVersion> = {},
): OutcomeVersion => ({
  id: `01920000-0000-7000-8000-00000000000${revision}`,
  decisionId: DECISION,
  metric: 'won',
  values,
  revision,
  occurredAt: MONDAY,
  position: 10 + revision,
  ...more,
})

const report = (values: JsonObject, more: Partial<RecordOutcome> = {}): RecordOutcome => ({
  decisionId: DECISION,
  metric: 'won',
  values,
  occurredAt: MONDAY,
  timeNamed: true,
  retract: false,
  ...more,
})

/** Given a history, when something is reported: what is recorded, what was known, or what is refused. */
const given = (...history: readonly OutcomeVersion[]) => ({
  when: (command: RecordOutcome) => {
    const decided = decideOutcome(history, command)
    return {
      thenRecorded: (expected: object) => {
        expect(decided).not.toBeInstanceOf(Problem)
        expect(decided).toEqual({ decisionId: DECISION, metric: 'won', ...expected })
      },
      thenKnown: (version: OutcomeVersion | undefined) => {
        expect(decided).toEqual({ known: version })
      },
      thenRefused: (code: string) => {
        expect(decided).toBeInstanceOf(Problem)
        expect((decided as Problem).code).toBe(code)
      },
    }
  },
})

describe('an outcome without a number', () => {
  it('is version 1 of a decision of which nothing is known', () => {
    given().when(report(WON)).thenRecorded({ values: WON, revision: 1 })
  })

  it('is the next version when it says something else', () => {
    given(told(4, WON)).when(report(LOST)).thenRecorded({ values: LOST, revision: 5 })
  })

  it('is known when it says what counts already, in whatever order of fields', () => {
    const version = told(1, { won: true, margin: 0.2 })
    given(version)
      .when(report({ margin: 0.2, won: true }))
      .thenKnown(version)
  })

  it('is new when it tells the same of another, later time', () => {
    given(told(1, WON))
      .when(report(WON, { occurredAt: TUESDAY }))
      .thenRecorded({ values: WON, revision: 2 })
  })

  it('is known when it tells the same and names no time of its own', () => {
    const version = told(1, WON)
    given(version)
      .when(report(WON, { occurredAt: TUESDAY, timeNamed: false }))
      .thenKnown(version)
  })

  it('says something new again after it had been something else', () => {
    given(told(1, WON), told(2, LOST))
      .when(report(WON, { timeNamed: false, occurredAt: TUESDAY }))
      .thenRecorded({ values: WON, revision: 3 })
  })

  it('of an older time is kept beside what counts, and does not displace it', () => {
    const newer = told(2, LOST, { occurredAt: TUESDAY })
    given(newer).when(report(WON)).thenRecorded({ values: WON, revision: 2 })
    const late = told(2, WON, { position: 99 })
    expect(effectiveOutcome([newer, late], 'won')).toBe(newer)
  })

  it('of an older time told again is known', () => {
    const late = told(2, WON, { position: 99 })
    given(told(2, LOST, { occurredAt: TUESDAY }), late)
      .when(report(WON))
      .thenKnown(late)
  })

  it('counts for its own metric only', () => {
    given(told(3, WON, { metric: 'margin' }))
      .when(report(LOST))
      .thenRecorded({ values: LOST, revision: 1 })
  })
})

describe('an outcome with a number', () => {
  it('is recorded under it, in whatever order the numbers arrive', () => {
    given(told(7, WON))
      .when(report(LOST, { revision: 3 }))
      .thenRecorded({ values: LOST, revision: 3 })
  })

  it('told again with the same values is known', () => {
    const version = told(3, LOST)
    given(version, told(7, WON))
      .when(report(LOST, { revision: 3 }))
      .thenKnown(version)
  })

  it('told again with other values is refused: the sender contradicts itself', () => {
    given(told(3, LOST))
      .when(report(WON, { revision: 3 }))
      .thenRefused('outcome-conflict')
  })

  it('told again as a retraction is refused too', () => {
    given(told(3, LOST))
      .when(report(LOST, { revision: 3, retract: true }))
      .thenRefused('outcome-conflict')
  })
})

describe('a retraction', () => {
  it('of what was never recorded is refused', () => {
    given()
      .when(report({}, { retract: true }))
      .thenRefused('outcome-not-found')
    given()
      .when(report({}, { retract: true, revision: 2 }))
      .thenRefused('outcome-not-found')
    given(told(1, WON, { metric: 'margin' }))
      .when(report({}, { retract: true }))
      .thenRefused('outcome-not-found')
  })

  it('is the next version, whatever time it tells of', () => {
    given(told(1, WON, { occurredAt: TUESDAY }))
      .when(report({}, { retract: true }))
      .thenRecorded({ values: {}, revision: 2, retract: true })
  })

  it('told again is known', () => {
    const retraction = told(2, {}, { retract: true })
    given(told(1, WON), retraction)
      .when(report({}, { retract: true, occurredAt: TUESDAY }))
      .thenKnown(retraction)
  })

  it('can be followed by a new outcome, also of an older time', () => {
    given(told(1, WON), told(2, {}, { retract: true, occurredAt: TUESDAY }))
      .when(report(LOST))
      .thenRecorded({ values: LOST, revision: 3 })
  })
})

describe('the version that counts', () => {
  const versions = [told(1, WON), told(2, LOST), told(3, WON, { occurredAt: TUESDAY })]

  it('is the highest, in every order of arrival', () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
      [2, 0, 1],
    ]) {
      const history = order.map((i, position) => ({ ...(versions[i] as OutcomeVersion), position }))
      expect(effectiveOutcome(history, 'won')?.revision).toBe(3)
    }
  })

  it('is the later in the log of two that tell of one time', () => {
    const second = told(1, LOST, { position: 99 })
    expect(effectiveOutcome([told(1, WON), second], 'won')).toBe(second)
  })

  it('is none of a metric that nothing was told of', () => {
    expect(effectiveOutcome(versions, 'margin')).toBeUndefined()
  })
})
