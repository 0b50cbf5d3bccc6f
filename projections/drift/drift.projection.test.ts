import { describe, expect, it } from 'vitest'
import { folding } from '../shared/folded.fixture.ts'
import { minutesAfterNoon, uuid } from '../shared/history.fixture.ts'
import { driftProjection } from './drift.projection.ts'
import { alarmCleared, alarmRaised, mixed, said } from './drift-history.fixture.ts'

const fold = folding(driftProjection)

describe('what decisions are made of', () => {
  it('is a kind for each combination, numbered by its first decision, and a narrow row a decision', () => {
    const rows = fold([
      mixed({ id: uuid(1) }),
      mixed({ id: uuid(2), level: 'AL1' }),
      mixed({ id: uuid(3), at: minutesAfterNoon(3) }),
    ])
    expect(rows('drift_kinds').map(({ level, kind }) => [level, kind])).toEqual([
      ['AL1', 2],
      ['AL2', 1],
    ])
    expect(rows('drift_decisions').map(({ position, kind }) => [position, kind])).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
    ])
    expect(rows('drift_decisions')[2]).toEqual({
      ...{ id: uuid(3), position: 3, domain: 'finance', kind: 1 },
      decided_at: minutesAfterNoon(3),
    })
  })

  it('names the rules that decided together, in one order, and says where there was none', () => {
    const rules = [['b', 'a'], ['a', 'b'], [], ['a', 'b', 'c', 'd', 'e']]
    const kinds = fold(rules.map((each, i) => mixed({ id: uuid(i + 1), rules: each })))(
      'drift_kinds',
    )
    expect(kinds.map((kind) => kind.rules)).toEqual(['(none)', 'a+b', 'a+b+c+d+and more'])
  })

  it('counts evidence as missing also where something else decided', () => {
    const kinds = fold([
      mixed({ id: uuid(1), heard: ['EVIDENCE_ERROR'] }),
      mixed({ id: uuid(2), heard: ['NO_BAND'] }),
    ])('drift_kinds')
    expect(kinds.map((kind) => [kind.missing_evidence, kind.kind])).toEqual([
      [false, 2],
      [true, 1],
    ])
  })

  it('leaves out what is not live, has no policy, or was under a kill switch', () => {
    const rows = fold([
      mixed({ id: uuid(1), mode: 'shadow' }),
      mixed({ id: uuid(2), policy: null }),
      mixed({ id: uuid(3), caps: ['kill-switch:human-only'] }),
      mixed({ id: uuid(4), caps: ['ceiling:people'] }),
      said('ReviewGranted', uuid(3)),
    ])
    expect(rows('drift_decisions').map(({ id }) => id)).toEqual([uuid(4)])
    expect(rows('drift_verdicts')).toEqual([])
  })

  it('keeps what people said of a decision, and nothing of reviews about something else', () => {
    const rows = fold([
      mixed({ id: uuid(1) }),
      said('ReviewGranted', uuid(1)),
      said('ReviewDeclined', uuid(1)),
      said('DecisionVetoed', uuid(1), minutesAfterNoon(7)),
      said('ReviewGranted', uuid(9)),
      said('ReviewGranted', 'r-1'),
      { ...said('ReviewGranted', uuid(1)), stream: `order:${uuid(1)}` },
    ])
    expect(rows('drift_verdicts').map(({ position, verdict }) => [position, verdict])).toEqual([
      [2, 'granted'],
      [3, 'declined'],
      [4, 'vetoed'],
    ])
    expect(rows('drift_verdicts')[2]).toMatchObject({ domain: 'finance', kind: 1 })
  })

  it('keeps alarms, open and cleared', () => {
    const rows = fold([
      alarmRaised('a-1'),
      alarmCleared('a-1'),
      alarmRaised('a-2'),
      alarmCleared('a-9'),
    ])
    expect(rows('drift_alarms')).toMatchObject([
      { id: 'a-1', state: 'cleared', cleared_by: 'ada', cleared_reason: 'the new feed' },
      { id: 'a-2', state: 'open', position: 3, cleared_at: null, lowered_to: 'AL2' },
    ])
  })
})
