import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import {
  conditionFaults,
  inputOf,
  problemOf,
  rulesOf,
  tinyDocument,
  tinyPolicy,
} from './tiny-policy.fixture.ts'

const FEATURES = { features: { orders: 'int', mean: 'double' } }

describe('holes of the expression library are closed at load', () => {
  it.each([
    [
      'a back-tracking pattern',
      "request.tier.matches('^(a+)+$')",
      "the method matches() is not allowed: it can run for ever; use glob(text, 'literal*')",
    ],
    ['has() of a field nobody declared', 'has(request.nope)', 'no such field: nope'],
    [
      'has() of a required field',
      'has(request.amount)',
      "has() of 'amount', which is never absent",
    ],
    ['has() through a field nobody declared', 'has(request.nope.deeper)', 'no such field: deeper'],
    [
      'a duration that is none',
      "now < now + duration('5x')",
      "duration() takes a literal such as '1h30m', of whole milliseconds",
    ],
    ['a duration of nanoseconds', "now < now + duration('5ns')", /whole milliseconds/],
    ['a duration of a thousand years', "now < now + duration('9000000h')", /whole milliseconds/],
    ['a duration computed from input', 'now < now + duration(request.tier)', /takes a literal/],
    [
      'a time that is none',
      "now > timestamp('2026-02-30T00:00:00Z')",
      /timestamp\(\) takes a literal RFC 3339 time/,
    ],
    [
      'a time without a zone',
      "now > timestamp('2026-02-03T00:00:00')",
      /timestamp\(\) takes a literal/,
    ],
    [
      'a time computed from input',
      'now > timestamp(request.tier)',
      /timestamp\(\) takes a literal/,
    ],
    ['a time from an integer', 'now > timestamp(request.amount)', /timestamp\(\) takes a literal/],
    [
      'duration + timestamp, which is mistyped',
      "duration('1h') + now > duration('2h')",
      'duration + timestamp is not allowed: write time + duration',
    ],
    [
      'an unknown time zone',
      "now.getHours('Mars/Olympus') > 8",
      'a time zone must be a literal: UTC or an IANA name such as Europe/Berlin',
    ],
    ['a time zone from input', 'now.getHours(request.tier) > 8', /time zone must be a literal/],
    ['a zone as an offset', "now.getHours('+02:00') > 8", /time zone must be a literal/],
    [
      'macros three deep',
      'request.lines.all(a, request.lines.all(b, request.lines.all(c, c.cents > 0)))',
      'macros nest deeper than 2',
    ],
    [
      'brackets 40 deep',
      `${'('.repeat(40)}true${')'.repeat(40)} || ${'(true && '.repeat(40)}true${')'.repeat(40)}`,
      'nesting is deeper than 32',
    ],
    ['forty exclamations', `${'!'.repeat(40)}true`, 'nesting is deeper than 32'],
    [
      'four thousand exclamations',
      `${'!'.repeat(3990)}true`,
      /exceeded maxAstNodes|nesting is deeper/,
    ],
    [
      'an index that reads any field',
      "request[request.tier] == 'x'",
      /only lists by int and maps by string|not allowed/,
    ],
    [
      'an int literal beyond 64 bits',
      'request.amount < 9223372036854775808',
      'the integer does not fit 64 bits',
    ],
    [
      'minus of a value, which may overflow unseen',
      '-request.amount < 5',
      'minus stands before literals only: write 0 - x',
    ],
    [
      'repeated keys of a map',
      "{'a': 1, 'a': 2}[request.tier] > 1",
      "the key 'a' is repeated or reserved",
    ],
    [
      'a key of every object',
      "{'constructor': 1}[request.tier] > 1",
      "the key 'constructor' is repeated or reserved",
    ],
    ['a double turned into an int', 'int(request.rate) > 1', 'the function int() is not allowed'],
  ] as const)('%s', (_, when, message) => {
    const messages = conditionFaults(when)
    if (typeof message === 'string') expect(messages).toContain(message)
    else expect(messages.join('\n')).toMatch(message)
  })

  it('a field of every JavaScript object is no field of a request', () => {
    expect(conditionFaults("request.constructor == 'x'")).toEqual(['no such field: constructor'])
    expect(conditionFaults("request.toString == 'x'")).toEqual(['no such field: toString'])
  })
})

describe('the profile is an allowlist', () => {
  it.each([
    ['a result that is not bool', 'request.amount', 'the expression yields int, expected bool'],
    ['a result that is a text', "'true'", 'the expression yields string, expected bool'],
    [
      '== on doubles',
      'request.rate == 0.5',
      '== on double is not allowed: two doubles that look equal may not be; compare with <= or >=',
    ],
    ['!= on doubles', 'request.rate != 0.5', /!= on double is not allowed/],
    ['in over doubles', 'request.rate in [0.5, 0.6]', "'in' on list<double> is not allowed"],
    ['== on lists', "request.tags == ['a']", '== on list<string> is not allowed'],
    ['== on objects', 'request.address == request.address', 'no such overload: object == object'],
    [
      'arithmetic on doubles',
      'request.rate * 2.0 > 1.0',
      'double * double is not allowed: use integers (cents, basis points)',
    ],
    ['time - time', "now - now < duration('1h')", /timestamp - timestamp is not allowed/],
    [
      'list + list',
      "(request.tags + ['a']).size() > 1",
      /list<string> \+ list<string> is not allowed/,
    ],
    ['int == double', 'request.amount == 1.0', /no such overload: int == double/],
    ['int + double', 'request.amount + 1.0 > 1.0', /no such overload: int \+ double/],
    [
      'a sum against a double, which may round',
      'request.amount * 2 < 1.5',
      'int < double is not exact here: write double() around the int',
    ],
    [
      'a huge integer against a double',
      '9007199254740993 > request.rate',
      /int > double is not exact/,
    ],
    ['order of truth values', 'request.urgent < true', '< on bool is not allowed'],
    ['null', 'request.tier == null', /null/],
    ['bytes', "size(b'abc') > 1", 'texts with a prefix are not allowed'],
    ['unsigned integers', 'size([1u]) > 0', /literals are not allowed/],
    ['type()', 'type(request.amount) == int', /not allowed/],
    ['dyn()', 'dyn(request.amount) == 1', 'the function dyn() is not allowed'],
    ['bool()', 'bool(request.tier)', 'the function bool() is not allowed'],
    ['string()', "string(request.amount) == '1'", 'the function string() is not allowed'],
    ['split()', "request.tier.split('a').size() > 1", 'the method split() is not allowed'],
    ['substring()', "request.tier.substring(1) == 'a'", 'the method substring() is not allowed'],
    [
      'comparisons of comparisons without brackets',
      'request.urgent == request.amount < 5',
      'a comparison inside a comparison needs brackets',
    ],
    [
      'the same on the left',
      'request.amount < 5 == request.urgent',
      'a comparison inside a comparison needs brackets',
    ],
    [
      'brackets that belong elsewhere',
      'request.urgent == (request.amount) < (5)',
      'a comparison inside a comparison needs brackets',
    ],
    ['a raw text', "request.tier == r'a'", 'texts with a prefix are not allowed'],
    [
      'a comment',
      "request.tier == 'a' // why",
      'comments belong into the YAML, not the expression',
    ],
    ['cel.bind', 'cel.bind(x, request.amount, x > 1)', /not a variable of policies|not allowed/],
    ['an unknown variable', 'outcome.won', 'unknown variable: outcome'],
    ['a type as a value', 'request.amount == int', /no such overload|not allowed/],
    ['a macro over a map', "{'a': 1}.all(k, k == 'a')", 'all() works on lists only'],
    [
      'a macro variable that hides another',
      'request.lines.all(request, request.cents > 0)',
      "'request' already names something else",
    ],
    ['an empty list', 'request.amount in []', /not allowed|no such overload/],
    [
      'a map with keys that are no texts',
      '{1: true}[1]',
      'values of type map<int, bool> are not allowed',
    ],
    [
      'a glob pattern from input',
      'glob(request.tier, request.tier)',
      /glob\(\) takes a literal pattern/,
    ],
    [
      'the name of our own functions',
      "request.tier.lowerAscii__writ() == 'x'",
      '__writ is reserved',
    ],
    [
      'upperAscii, which follows the Unicode version',
      "request.tier.upperAscii() == 'X'",
      /not allowed/,
    ],
  ] as const)('refuses %s', (_, when, message) => {
    const messages = conditionFaults(when)
    if (typeof message === 'string') expect(messages).toContain(message)
    else expect(messages.join('\n')).toMatch(message)
  })

  it.each([
    'request.amount >= 100 && request.rate <= 0.5',
    'request.amount < 100.5 && request.rate > 0 && request.rate > -1',
    'request.urgent == ( (request.amount + 1) < (5) )',
    "request.tier != '// no comment, ) no \\' bracket'",
    'request.amount - (50 + 30) == 20 && (request.amount - (0 - 1)) * 2 == 202',
    'double(request.amount) > 99.5',
    'request.rate > -0.5 && request.amount > -5',
    "request.tier in ['gold', 'silver'] || request.amount in [1, 2]",
    "request.tier.lowerAscii().startsWith('go') && request.tier.endsWith('d') && request.tier.contains('ol')",
    'size(request.tier) == 4 && request.tier.size() < 5',
    "has(request.start) ? request.start >= now + duration('72h') : true",
    "now.getHours('Europe/Berlin') >= 0 && now.getDayOfWeek() < 7 && now.getFullYear('UTC') == 2026",
    "now < timestamp('2027-01-01T00:00:00+01:00')",
    'has(request.lines) ? request.lines.all(l, l.cents > 0) : true',
    '!has(request.lines) || request.lines.filter(l, l.cents > 0).map(l, l.cents).exists(c, c in [1, 2])',
    "!has(request.address) || (has(request.address.city) && request.address.city != '')",
    "{'gold': 100, 'silver': 50}[request.tier] >= 100",
    "'gold' in {'gold': 1}",
    "request.tier + '!' != '!'",
    '(request.urgent ? request.amount : 0 - request.amount) <= 100',
    'request.amount * 12 / 7 % 5 - 1 <= 100',
    "glob(request.tier, 'go*')",
    "subject.type == 'customer' && subject.id != ''",
  ])('accepts %s', (when) => {
    const policy = tinyPolicy({ ...FEATURES, rules: rulesOf([{ when, code: 'HIT' }]) })
    expect(decide(policy, inputOf()).values.rules).toEqual({ 'rule-0': true })
  })
})

describe('the cost of an expression is bounded before it runs', () => {
  const wide = (maxItems: number, maxLength: number) => ({
    request: {
      type: 'object',
      additionalProperties: false,
      required: ['words'],
      properties: {
        words: { type: 'array', maxItems, items: { type: 'string', maxLength } },
        text: { type: 'string', maxLength: 10_000 },
      },
    },
  })
  const NESTED = 'request.words.all(a, request.words.exists(b, a == b))'

  it('refuses a nested macro over lists that may be long', () => {
    expect(conditionFaults(NESTED, wide(1000, 10)).join()).toMatch(
      /may cost \d+ units, at most 100000/,
    )
  })

  it('refuses reading long texts in a macro', () => {
    expect(
      conditionFaults("request.words.all(w, w.contains('x'))", wide(1000, 10_000)).join(),
    ).toMatch(/may cost/)
  })

  it('accepts the same expressions over shorter lists and texts', () => {
    expect(() => tinyPolicy({ ...wide(100, 10), rules: rulesOf([{ when: NESTED }]) })).not.toThrow()
    const contains = "request.words.all(w, w.contains('x'))"
    expect(() =>
      tinyPolicy({ ...wide(90, 10_000), rules: rulesOf([{ when: contains }]) }),
    ).not.toThrow()
  })

  it('looks at chained macros in no time', () => {
    const before = performance.now()
    for (const link of ['.filter(w, true)', '.map(w, w)', ".map(w, w != '', w)"]) {
      const when = `request.words${link.repeat(28)}.size() > 0`
      expect(() => tinyPolicy({ ...wide(10, 10), rules: rulesOf([{ when }]) })).not.toThrow()
    }
    expect(performance.now() - before).toBeLessThan(1000)
  })

  it('bounds all expressions of an action together', () => {
    const rules = rulesOf(Array(30).fill({ when: NESTED }))
    const faults = problemOf(tinyDocument({ ...wide(100, 10), rules }))
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/actions/act'])
    expect(faults[0]?.message).toMatch(
      /all expressions together may cost \d+ units, at most 1000000/,
    )
  })

  it('runs the worst request that fits within the budget of 100 ms', () => {
    const policy = tinyPolicy({ ...wide(100, 10), rules: rulesOf([{ when: NESTED }]) })
    const words = Array.from({ length: 100 }, (_, i) => `word${i}`)
    const input = inputOf({}, { request: { words } })
    decide(policy, input)
    const before = performance.now()
    decide(policy, input)
    expect(performance.now() - before).toBeLessThan(100)
  })
})

describe('a misspelt field is found where it stands', () => {
  it('with line and column of the expression and the offset within', () => {
    const text = [
      JSON.stringify(tinyDocument()).replace(/"rules".*$/, ''),
      '"rules": {"hit": "strictest", "default": {"outcome": "escalate", "code": "X"}, "list": [',
      '  {"id": "r", "outcome": "approve", "code": "Y",',
      '   "when": "request.amount > 1 && request.adress.country == \'DE\'"}',
      ']}, "autonomy": {"ceiling": "AL1", "bands": []}}}}',
    ].join('\n')
    expect(problemOf(text)).toEqual([
      {
        code: 'unknown-field',
        pointer: '/actions/act/rules/list/0/when',
        message: 'no such field: adress',
        line: 4,
        column: 12,
        offset: 30,
        suggestion: 'request.address',
      },
    ])
  })

  it('with the offset of a fault of syntax', () => {
    const [fault] = problemOf(tinyDocument({ rules: rulesOf([{ when: 'request.amount >' }]) }))
    expect(fault).toMatchObject({ message: 'unexpected token: EOF', offset: 16 })
  })
})
