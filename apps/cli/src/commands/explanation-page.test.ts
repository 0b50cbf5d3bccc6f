import { expect, it } from 'vitest'
import { type DecisionExplanation, explanationPage } from './explanation-page.ts'

const atom = {
  source: 'request.discount <= params.maxDiscount',
  value: false,
  left: 0.2,
  right: 0.15,
  fields: ['/discount'],
  actionable: true,
} as const

const WHY: DecisionExplanation = {
  decision: '01920000-0000-7000-8000-00000000d001',
  audience: 'operator',
  replayable: true,
  replay: { verdict: 'same' },
  outcome: 'escalated',
  autonomyLevel: 'AL0',
  neededLevel: null,
  codes: ['OUTSIDE_BAND'],
  ceilings: [{ source: 'policy', level: 'AL3', binding: true }],
  policy: null,
  voices: [
    {
      kind: 'rule',
      id: 'outside-band',
      says: 'escalate',
      code: 'OUTSIDE_BAND',
      message: 'Outside band.',
      decisive: true,
    },
    { kind: 'rule', id: 'quiet', says: 'approve', code: 'QUIET' },
  ],
  trace: {
    guardrails: [{ id: 'hush', value: false, fields: ['/rate'], sensitive: true }],
    rules: [
      {
        id: 'within-band',
        value: 'error',
        fields: ['/discount'],
        when: '…',
        atoms: [atom],
        error: 'no such field: x',
      },
    ],
    bands: [],
  },
  errors: [],
  nearestRule: null,
  whyNot: {
    target: 'approved',
    against: [
      {
        kind: 'rule',
        id: 'outside-band',
        code: 'OUTSIDE_BAND',
        message: 'Outside band.',
        fields: ['/discount'],
        atoms: [atom],
      },
    ],
    rules: [],
    bands: [],
    beyond: [{ kind: 'ceiling', id: 'tenant', message: 'The ceiling of tenant is AL0.' }],
  },
  counterfactuals: [
    {
      target: 'approved',
      level: 'AL3',
      changes: [{ field: '/discount', from: 0.2, to: 0.15, relation: '<=' }],
      verified: true,
    },
  ],
  search: { tried: 4, exhausted: true, withheld: 2 },
}

it('shows outcome, decisive voice, clauses with both sides, ceilings, and what would change it', () => {
  const page = explanationPage(WHY)
  for (const line of [
    'escalated at AL0 (needed: no band)',
    'rule outside-band: Outside band. [OUTSIDE_BAND]',
    '✗ hush',
    'reads /rate; its clauses are not shown',
    '! within-band  (no such field: x)',
    '✗ request.discount <= params.maxDiscount   0.2 | 0.15',
    'AL3  policy  <- binds',
    'Why not approved',
    'beyond the request: The ceiling of tenant is AL0.',
    'discount 0.2 → 0.15 would be approved at AL3',
    '2 more are not for this audience.',
    'The search met its bound: there may be more.',
  ]) {
    expect(page).toContain(line)
  }
  expect(page).not.toContain('QUIET')
})

it('says so where nothing would change it', () => {
  const search = { tried: 1, exhausted: false, withheld: 0 }
  expect(explanationPage({ ...WHY, counterfactuals: [], search })).toContain(
    'No change of up to three',
  )
})
