import { Problem } from '@writ/kernel'
import fc from 'fast-check'
import { loadPolicy } from './load-policy.ts'
import type { LoadedPolicy } from './loaded-policy.ts'

/** Whole random policies over one request with a field of every kind, and requests that fit it. */

const oneOf = fc.constantFrom
const orders = oneOf('<', '<=', '>', '>=')

/** Field types of the random request; which of them are actionable and which optional is drawn too. */
const FIELDS = {
  amount: { type: 'integer', minimum: 0, maximum: 100_000 },
  days: { type: 'integer', minimum: -5, maximum: 40 },
  rate: { type: 'number', minimum: 0, maximum: 1 },
  score: { type: 'number' },
  urgent: { type: 'boolean' },
  tier: { type: 'string', enum: ['gold', 'silver', 'none'] },
  start: { type: 'string', format: 'date-time' },
  tags: { type: 'array', maxItems: 5, items: { type: 'string', maxLength: 8 } },
} as const
type FieldName = keyof typeof FIELDS
const NAMES = Object.keys(FIELDS) as FieldName[]

const ints = fc.oneof(
  oneOf('request.amount', 'request.days', 'params.cap', 'derived.total', 'size(request.tags)'),
  oneOf('request.amount * request.days', 'request.amount - 3 * request.days', '500 / request.days'),
  fc.integer({ min: -10, max: 60_000 }).map((n) => (n < 0 ? `(0 - ${-n})` : String(n))),
)
const doubles = fc.oneof(
  oneOf('request.rate', 'request.score', 'params.ratio', 'base.ratio'),
  fc.double({ min: 0, max: 1, noNaN: true }).map((n) => {
    const text = String(n)
    return /[.e]/.test(text) ? text : `${text}.0`
  }),
)
const compared = (side: fc.Arbitrary<string>, op: fc.Arbitrary<string>) =>
  fc.tuple(side, op, side).map(([a, sign, b]) => `${a} ${sign} ${b}`)

const clauses = fc.oneof(
  { weight: 4, arbitrary: compared(ints, orders) },
  { weight: 1, arbitrary: compared(ints, oneOf('==', '!=')) },
  { weight: 4, arbitrary: compared(doubles, orders) },
  {
    weight: 3,
    arbitrary: oneOf(
      'request.urgent',
      "request.tier == 'gold'",
      "request.tier in ['gold', 'silver']",
      'request.days in [1, 7, 14]',
      'request.start <= now',
      "request.start > now + duration('48h')",
      "request.start >= timestamp('2026-12-24T00:00:00Z')",
      "request.tags.exists(t, t == 'x')",
      'features.n < 5',
    ),
  },
)

const conditions = fc.letrec<{ bool: string }>((tie) => ({
  bool: fc.oneof(
    { maxDepth: 3 },
    { weight: 3, arbitrary: clauses },
    {
      weight: 2,
      arbitrary: fc
        .tuple(tie('bool'), oneOf('&&', '||'), tie('bool'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
    },
    { weight: 1, arbitrary: tie('bool').map((a) => `!(${a})`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(tie('bool'), tie('bool'), tie('bool'))
        .map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    },
  ),
})).bool

export interface RandomAction {
  readonly actionable: readonly FieldName[]
  readonly optional: readonly FieldName[]
  readonly guardrails: readonly { when: string; effect: string }[]
  readonly hit: string
  readonly fallback: string
  readonly rules: readonly { when: string; outcome: string }[]
  readonly bands: readonly string[]
  readonly ceiling: string
}

export const randomActions: fc.Arbitrary<RandomAction> = fc.record({
  actionable: fc.subarray(NAMES, { minLength: 2 }),
  optional: fc.subarray(NAMES, { maxLength: 3 }),
  guardrails: fc.array(fc.record({ when: conditions, effect: oneOf('deny', 'escalate', 'halt') }), {
    maxLength: 2,
  }),
  hit: oneOf('strictest', 'strictest', 'first', 'unique'),
  fallback: oneOf('escalate', 'deny'),
  rules: fc.array(
    fc.record({ when: conditions, outcome: oneOf('approve', 'approve', 'deny', 'escalate') }),
    { minLength: 1, maxLength: 4 },
  ),
  bands: fc.array(conditions, { minLength: 1, maxLength: 3 }),
  ceiling: oneOf('AL3', 'AL3', 'AL2', 'AL1', 'AL0'),
})

const BANDS = [
  { level: 'AL1' },
  { level: 'AL2', vetoWindow: 'PT1H' },
  { level: 'AL3', limits: { perDay: 5 } },
] as const

export const randomDocument = (drawn: RandomAction): object => ({
  policy: 'random',
  version: '1.0.0',
  domain: 'testing',
  params: {
    cap: { type: 'int', value: 700, min: 0, max: 9000 },
    ratio: { type: 'double', value: 0.25, min: 0, max: 1 },
  },
  actions: {
    act: {
      request: {
        type: 'object',
        additionalProperties: false,
        required: NAMES.filter((name) => !drawn.optional.includes(name)),
        properties: Object.fromEntries(
          NAMES.map((name) => [
            name,
            {
              ...FIELDS[name],
              ...(drawn.actionable.includes(name) ? { 'x-actionable': true } : {}),
            },
          ]),
        ),
      },
      features: { n: 'int' },
      derive: [{ id: 'total', type: 'int', expr: 'request.amount * 12 / 10 + request.days' }],
      guardrails: drawn.guardrails.map((each, i) => ({ id: `g${i}`, code: `G${i}`, ...each })),
      rules: {
        hit: drawn.hit,
        default: { outcome: drawn.fallback, code: 'NO_RULE' },
        list: drawn.rules.map((each, i) => ({ id: `r${i}`, code: `R${i}`, ...each })),
      },
      autonomy: {
        ceiling: drawn.ceiling,
        bands: drawn.bands.map((when, i) => ({ ...BANDS[i], when })),
      },
    },
  },
})

/** Null where a random condition leaves the profile. */
export const randomPolicy = (drawn: RandomAction): LoadedPolicy | null => {
  const loaded = loadPolicy(JSON.stringify(randomDocument(drawn)))
  return loaded instanceof Problem ? null : loaded
}

const required = {
  amount: fc.oneof(oneOf(0, 99, 100, 700, 701, 60_000), fc.integer({ min: 0, max: 100_000 })),
  days: fc.oneof(oneOf(0, 1, 7), fc.integer({ min: -5, max: 40 })),
  rate: fc.oneof(oneOf(0, 0.25, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  score: fc.oneof(oneOf(0, 0.25, 0.5), fc.double({ min: -9e6, max: 9e6, noNaN: true })),
  urgent: fc.boolean(),
  tier: oneOf('gold', 'silver', 'none'),
  start: oneOf(
    '2026-12-02T12:00:00Z',
    '2026-12-02T13:00:00+01:00',
    '2027-01-31T09:30:00.001Z',
    '2020-02-29T00:00:00Z',
  ),
  tags: fc.array(oneOf('x', 'y'), { maxLength: 4 }),
}

/** Requests that fit the random action: an optional field is there or not. */
export const requestsOf = ({ optional }: RandomAction): fc.Arbitrary<object> =>
  fc.record(required, { requiredKeys: NAMES.filter((name) => !optional.includes(name)) })
