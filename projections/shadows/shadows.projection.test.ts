import { foldInMemory } from '@writ/projector'
import { describe, expect, it } from 'vitest'
import { PROJECTIONS } from '../index.ts'
import { folding } from '../shared/folded.fixture.ts'
import {
  decisionMade,
  FINANCE,
  historyOf,
  minutesAfterNoon,
  type Told,
  uuid,
} from '../shared/history.fixture.ts'
import {
  CANDIDATE,
  shadowEnded,
  shadowEvaluated,
  shadowStarted,
  VERDICT,
} from './shadow-events.fixture.ts'
import { shadowsProjection } from './shadows.projection.ts'

const folded = (...told: readonly Told[]) => folding(shadowsProjection)(told)
const runs = (...told: readonly Told[]) => folded(...told)('shadow_runs')

const STRICTER = { class: 'tightened', verdict: VERDICT } as const
const LATE = {
  class: 'error',
  verdict: null,
  error: { kind: 'timeout', code: 'time-limit' },
} as const

describe('shadow runs', () => {
  it('begin with nothing judged', () => {
    expect(runs(shadowStarted(1))).toEqual([
      {
        ...{ id: uuid(1), state: 'running', position: 1, domain: 'finance' },
        ...{ candidate: CANDIDATE, live: FINANCE, severity: 'testing', from_position: 0 },
        ...{ until: minutesAfterNoon(600), started_at: minutesAfterNoon(1), started_by: 'ada' },
        ...{ evaluated: 0, classes: {}, matrix: {}, errors: {} },
        ...{ first_position: null, last_position: null, progress: 0 },
        ...{ ended_at: null, ended_by: null, ended_position: null },
        ...{ ended_live: null, ended_reason: null },
      },
    ])
  })

  it('count what was judged, by class, by pair of outcomes and by error, in whatever order it came', () => {
    const told = folded(
      shadowStarted(1),
      shadowEvaluated({ run: 1, decision: 9, after: 5 }),
      shadowEvaluated({ run: 1, decision: 7, after: 5, ...STRICTER }),
      shadowEvaluated({ run: 1, decision: 8, after: 2, ...LATE }),
    )
    expect(told('shadow_runs')).toMatchObject([
      {
        evaluated: 3,
        classes: { same: 1, tightened: 1, error: 1 },
        matrix: { 'approved AL2 approved AL2': 1, 'approved AL2 escalated AL0': 1 },
        errors: { 'timeout time-limit': 1 },
        ...{ first_position: 7, last_position: 9, progress: 5 },
      },
    ])
    expect(told('shadow_differences')).toMatchObject([
      { decision_id: uuid(7), position: 7, evaluated_position: 3, class: 'tightened' },
      { decision_id: uuid(8), position: 8, verdict: null, error: LATE.error },
    ])
  })

  it.each(['date', 'stale', 'stopped'])('end by %s, and by nothing after it', (because) => {
    const end = shadowEnded(1, because, 'seen enough')
    expect(runs(shadowStarted(1), end, shadowEnded(1, 'other'))).toMatchObject([
      {
        ...{ state: because, ended_at: minutesAfterNoon(10), ended_by: 'bo', ended_position: 9 },
        ...{ ended_live: FINANCE.digest, ended_reason: 'seen enough' },
      },
    ])
  })

  it('are each counted apart, and a judgement of no run or of another category not at all', () => {
    const stray = shadowEvaluated({ run: 1, decision: 5 })
    const found = folded(
      ...[shadowStarted(1), shadowStarted(2), shadowEvaluated({ run: 2, decision: 4 })],
      ...[shadowEvaluated({ run: 3, decision: 4, ...STRICTER }), { ...stray, stream: 'order:1' }],
    )
    expect(found('shadow_runs').map(({ evaluated }) => evaluated)).toEqual([0, 1])
    expect(found('shadow_differences')).toEqual([])
  })
})

describe('what a candidate says', () => {
  const LIVE = [1, 2, 3].map((no) => decisionMade({ id: uuid(no), at: minutesAfterNoon(no) }))
  const SHADOW = [
    ...[1, 2, 3].map((no) => shadowEvaluated({ run: 9, decision: no, ...STRICTER })),
    shadowEnded(9, 'date'),
  ]

  it.each(PROJECTIONS.filter(({ name }) => name !== 'shadows'))(
    'changes nothing in the read model $name',
    (projection) => {
      const rowsOf = (told: readonly Told[]) => {
        const rows = foldInMemory(projection, historyOf(told))
        return projection.tables.map(({ name }) => [...rows(name)])
      }
      expect(rowsOf([...LIVE, shadowStarted(9), ...SHADOW])).toEqual(rowsOf(LIVE))
    },
  )
})
