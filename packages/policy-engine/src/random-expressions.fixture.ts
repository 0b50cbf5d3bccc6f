import fc from 'fast-check'

/** Every property test of this package runs on this seed; a failure prints it with the path to the counter-example. */
export const SEED = 20261202

const oneOf = fc.constantFrom

const ints = fc.letrec<{ int: string }>((tie) => ({
  int: fc.oneof(
    { maxDepth: 3 },
    oneOf('0', '1', '-3', '7', '100', '9223372036854775807'),
    oneOf('request.amount', 'request.limit', 'params.cap', 'size(request.tier)'),
    fc
      .tuple(tie('int'), oneOf('+', '-', '*', '/', '%'), tie('int'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
  ),
})).int

const doubles = fc.oneof(
  oneOf('0.0', '0.5', '-1.25', '1e300', 'request.rate', 'request.score', 'base.ratio'),
  ints.map((int) => `double(${int})`),
)
const texts = oneOf(
  "''",
  "'gold'",
  "'Gold'",
  'request.tier',
  'request.name',
  'request.address.city',
)
const times = oneOf(
  'now',
  'request.start',
  "now + duration('-36h')",
  "timestamp('2026-12-02T12:00:00Z')",
)

const orders = oneOf('<', '<=', '>', '>=')
const equals = oneOf('==', '!=')
const compared = (side: fc.Arbitrary<string>, op: fc.Arbitrary<string>, other = side) =>
  fc.tuple(side, op, other).map(([a, sign, b]) => `${a} ${sign} ${b}`)

const clauses = fc.oneof(
  compared(ints, fc.oneof(orders, equals)),
  compared(doubles, orders),
  compared(
    oneOf('0', '-3', '100', 'request.amount', 'request.limit', 'params.cap'),
    orders,
    doubles,
  ),
  compared(texts, fc.oneof(orders, equals)),
  compared(times, fc.oneof(orders, equals)),
  oneOf('true', 'false', 'request.urgent', 'request.urgent == (request.amount > 5)'),
  oneOf(
    'has(request.limit)',
    'has(request.name)',
    'has(request.address) && has(request.address.city)',
  ),
  oneOf(
    "request.tier in ['gold', 'silver']",
    'request.amount in [1, 7, 100]',
    "'gold' in request.tags",
  ),
  oneOf("request.tags.exists(t, t == 'gold')", 'request.lines.all(l, l.discount < l.cents)'),
  oneOf(
    "glob(request.tier, 'g*d')",
    "request.tier.lowerAscii() == 'gold'",
    "now.getHours('Europe/Berlin') < 13",
  ),
)

/** Conditions of the policy profile over the tiny request; many read fields that may be absent. */
export const conditions = fc.letrec<{ bool: string }>((tie) => ({
  bool: fc.oneof(
    { maxDepth: 4 },
    clauses,
    fc.tuple(tie('bool'), oneOf('&&', '||'), tie('bool')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('bool').map((a) => `!(${a})`),
    fc.tuple(tie('bool'), tie('bool'), tie('bool')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
  ),
})).bool

const smallInts = fc.oneof(oneOf(0, 1, 7, 100, -3, Number.MAX_SAFE_INTEGER), fc.integer())

/** Requests of the tiny policy, with optional fields now there, now absent. */
export const requests = fc.record(
  {
    amount: smallInts,
    rate: fc.oneof(oneOf(0, 0.5, -1.25), fc.double({ noNaN: true, noDefaultInfinity: true })),
    tier: oneOf('', 'gold', 'Gold', 'silver', 'grün😀'),
    urgent: fc.boolean(),
    limit: smallInts,
    score: fc.double({ noNaN: true, noDefaultInfinity: true }),
    name: oneOf('gold', 'Ada'),
    start: oneOf('2026-12-02T12:00:00Z', '2026-12-02T13:00:00+01:00', '2020-02-29T00:00:00.001Z'),
    tags: fc.array(oneOf('gold', 'x'), { maxLength: 3 }),
    lines: fc.array(
      fc.record({ cents: smallInts, discount: smallInts }, { requiredKeys: ['cents'] }),
      { maxLength: 3 },
    ),
    address: fc.record(
      { country: fc.constant('DE'), city: oneOf('', 'gold') },
      { requiredKeys: ['country'] },
    ),
  },
  { requiredKeys: ['amount', 'rate', 'tier', 'urgent'] },
)
