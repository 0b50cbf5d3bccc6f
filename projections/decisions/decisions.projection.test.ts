import { describe, expect, it } from 'vitest'
import { folding } from '../shared/folded.fixture.ts'
import {
  decisionMade,
  FINANCE,
  minutesAfterNoon,
  type Told,
  uuid,
} from '../shared/history.fixture.ts'
import { decisionsProjection } from './decisions.projection.ts'

const fold = folding(decisionsProjection)

const later = (type: string, id: string, by: string): Told => ({
  type,
  stream: `decision:${id}`,
  data: {},
  occurredAt: minutesAfterNoon(30),
  actor: { type: 'person', id: by },
})

describe('the list of decisions', () => {
  it('has one whole row a decision', () => {
    const at = minutesAfterNoon(5)
    const [row] = fold([decisionMade({ id: uuid(1), at, recordedAt: minutesAfterNoon(6) })])(
      'decisions',
    )
    expect(row).toEqual({
      id: uuid(1),
      position: 1,
      kind: 1,
      recorded_at: minutesAfterNoon(6),
      decided_at: at,
      domain: 'finance',
      action: 'discount',
      subject_type: 'customer',
      subject_id: 'c-42',
      mode: 'live',
      outcome: 'approved',
      level: 'AL2',
      needed_level: 'AL2',
      codes: ['WITHIN_BAND'],
      effective_at: at,
      veto_until: null,
      policy: FINANCE.name,
      policy_version: FINANCE.version,
      policy_digest: FINANCE.digest,
      variant: 'A',
      vetoed_at: null,
      vetoed_by: null,
      overridden_at: null,
      overridden_by: null,
    })
  })

  it('takes a decision without policy, variant, band and many codes', () => {
    const codes = Array.from({ length: 20 }, (_, i) => `CODE_${i}`)
    const [row] = fold([
      decisionMade({
        id: uuid(1),
        policy: null,
        variant: null,
        outcome: 'escalated',
        needed: null,
        codes,
      }),
    ])('decisions')
    expect(row).toMatchObject({
      policy: null,
      policy_version: null,
      policy_digest: null,
      variant: null,
      needed_level: null,
      effective_at: null,
      codes: codes.slice(0, 8),
    })
  })

  it('numbers kinds by their first decision, and counts them', () => {
    const rows = fold([
      { type: 'LedgerOpened', stream: 'ledger:acme/main', data: {} },
      decisionMade({ id: uuid(1) }),
      decisionMade({ id: uuid(2), outcome: 'escalated' }),
      decisionMade({ id: uuid(3) }),
      decisionMade({ id: uuid(4), variant: 'B' }),
    ])
    expect(rows('decisions').map(({ kind }) => kind)).toEqual([2, 3, 2, 5])
    expect(
      rows('decision_kinds').map(({ outcome, variant, kind, last_position, decisions }) => [
        ...[outcome, variant, kind, last_position, decisions],
      ]),
    ).toEqual([
      ['approved', 'A', 2, 4, 2],
      ['approved', 'B', 5, 5, 1],
      ['escalated', 'A', 3, 3, 1],
    ])
  })

  it('knows between which positions an hour lies, in whatever order decisions came', () => {
    const rows = fold([
      decisionMade({ id: uuid(1), at: minutesAfterNoon(70) }),
      decisionMade({ id: uuid(2), at: minutesAfterNoon(59) }),
      decisionMade({ id: uuid(3), at: minutesAfterNoon(60) }),
      decisionMade({ id: uuid(4), at: minutesAfterNoon(0) }),
    ])
    expect(rows('decision_hours')).toEqual([
      { hour: minutesAfterNoon(0), first_position: 2, last_position: 4, decisions: 2 },
      { hour: minutesAfterNoon(60), first_position: 1, last_position: 3, decisions: 2 },
    ])
  })

  it('shows the first veto and the first override, whatever their data are', () => {
    const [row] = fold([
      decisionMade({ id: uuid(1) }),
      later('DecisionVetoed', uuid(1), 'bo'),
      later('DecisionVetoed', uuid(1), 'cy'),
      later('DecisionOverridden', uuid(1), 'dee'),
    ])('decisions')
    expect(row).toMatchObject({
      vetoed_at: minutesAfterNoon(30),
      vetoed_by: 'bo',
      overridden_at: minutesAfterNoon(30),
      overridden_by: 'dee',
    })
  })

  it('ignores a veto of an unknown decision, other types, and namesakes in other categories', () => {
    const made = decisionMade({ id: uuid(1) })
    const rows = fold([
      later('DecisionVetoed', uuid(9), 'bo'),
      { ...made, type: 'AdviceReceived' },
      { ...made, stream: `order:${uuid(1)}` },
    ])
    expect(rows('decisions')).toEqual([])
    expect(rows('decision_kinds')).toEqual([])
  })

  it('refuses a decision whose stream names no UUID', () => {
    expect(() => fold([{ ...decisionMade({ id: uuid(1) }), stream: 'decision:abc' }])).toThrow(
      /names no UUID/,
    )
  })
})
