import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { glob } from '../cel-functions.ts'
import { rulesOf, shippedText, tinyDocument } from '../tiny-policy.fixture.ts'
import { checkPolicy } from './check-policy.ts'
import { FINDINGS } from './finding-codes.ts'
import { CHECK_GATES, type Finding, type PolicyCheckReport } from './report.ts'
import { secondEngine } from './second-engine.ts'

const BROKEN = new URL('broken/', import.meta.url)
const brokenText = (file: string): string => readFileSync(new URL(file, BROKEN), 'utf8')
/** Per file every error and warning as `code line:column`, in the order of the gates. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = JSON.parse(
  brokenText('expected.json'),
)
const FINANCE = shippedText('finance-constitution-1.0.0')

const SHIPPED = [
  'finance-constitution-1.0.0',
  'finance-constitution-1.1.0',
  'hr-leave-1.0.0',
  'loans-1.0.0',
]

const findingsOf = ({ gates }: PolicyCheckReport): readonly Finding[] =>
  gates.flatMap(({ findings }) => findings)
const codes = (report: PolicyCheckReport) =>
  findingsOf(report).map(({ code, line, column }) => `${code} ${line}:${column}`)
const serious = (report: PolicyCheckReport) => ({
  ...report,
  gates: report.gates.map((gate) => ({
    ...gate,
    findings: gate.findings.filter(({ severity }) => severity !== 'note'),
  })),
})
const statuses = ({ gates }: PolicyCheckReport) =>
  Object.fromEntries(gates.map(({ gate, status }) => [gate, status]))
const edited = (text: string, from: string, to: string): string => {
  if (!text.includes(from)) throw new Error(`the policy has no ${from}`)
  return text.replace(from, to)
}

describe('each fault is found and named, at its place', () => {
  const files = readdirSync(BROKEN).filter((file) => file.endsWith('.yaml'))

  it('in a file for every kind', () => {
    expect(files).toEqual(Object.keys(EXPECTED))
    expect(files.length).toBeGreaterThanOrEqual(30)
  })

  it.each(files)('%s', (file) => {
    const report = checkPolicy(brokenText(file))
    expect(codes(serious(report))).toEqual(EXPECTED[file])
    for (const { gate, findings } of report.gates) {
      for (const finding of findings) {
        const kind = FINDINGS[finding.code]
        expect([kind.gate, kind.severity]).toEqual([gate, finding.severity])
      }
    }
  })

  it('with the line and a caret under the very character', () => {
    const [finding] = findingsOf(checkPolicy(brokenText('misspelt-variable.yaml')))
    expect(finding).toMatchObject({
      message: 'unknown variable: requst; did you mean request?',
      suggestion: 'request',
      excerpt: '            requst.days <= 30\n            ^',
    })
  })
})

describe('the shipped policies', () => {
  it.each(SHIPPED)('%s is clean, in well under two seconds', (name) => {
    const before = performance.now()
    const report = checkPolicy(shippedText(name))
    expect(performance.now() - before).toBeLessThan(2000)
    expect(codes(serious(report))).toEqual([])
    expect(report.passed).toBe(true)
    expect(report.gates.map(({ gate, status }) => [gate, status])).toEqual(
      CHECK_GATES.filter((gate) => gate !== 'diff').map((gate) => [gate, 'passed']),
    )
    const { coverage } = report
    expect(coverage?.rules.covered).toBe(coverage?.rules.total)
  })
})

describe('a report', () => {
  it('is plain JSON, the same each time', () => {
    const report = checkPolicy(FINANCE)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect(checkPolicy(FINANCE)).toEqual(report)
  })

  it('says of every gate behind a failed one that it was skipped, and why', () => {
    const report = checkPolicy(brokenText('misspelt-field.yaml'), { against: FINANCE })
    expect(statuses(report)).toEqual({
      readable: 'passed',
      shape: 'passed',
      types: 'failed',
      ...Object.fromEntries(
        ['profile', 'cost', 'tests', 'engines', 'coverage', 'probes', 'card', 'diff'].map(
          (gate) => [gate, 'skipped'],
        ),
      ),
    })
    const skipped = report.gates.filter(({ status }) => status === 'skipped')
    expect(skipped.every(({ note }) => note !== undefined)).toBe(true)
  })

  it('names faults of several gates of one file together', () => {
    const text = edited(
      edited(brokenText('misspelt-field.yaml'), 'request.days > 30', 'request.score == 0.5'),
      'domain: shop',
      'domain: shop\ncolour: red',
    )
    expect(statuses(checkPolicy(text))).toMatchObject({
      shape: 'failed',
      types: 'failed',
      profile: 'failed',
    })
  })

  it('compares with another version, and notes what needs two people', () => {
    const after = edited(FINANCE, 'ceiling: AL3', 'ceiling: AL2')
    const back = checkPolicy(FINANCE, { against: after })
    expect(findingsOf(back)).toEqual([
      expect.objectContaining({
        code: 'loosening',
        severity: 'note',
        pointer: '/actions/discount/autonomy/ceiling',
      }),
    ])
    expect(checkPolicy(after, { against: FINANCE }).diff?.loosening).toEqual([])
    expect(statuses(checkPolicy(FINANCE, { against: 'policy: [' }))).toMatchObject({
      diff: 'failed',
    })
  })

  it('warns where the compared policy has another name', () => {
    const report = checkPolicy(FINANCE, { against: shippedText('loans-1.0.0') })
    expect(statuses(report)).toMatchObject({ diff: 'warned' })
  })
})

describe('two engines must agree', () => {
  const withTests = (when: string) =>
    JSON.stringify(
      tinyDocument(
        {
          derive: [{ id: 'start', type: 'timestamp', expr: "now + duration('1h')" }],
          rules: rulesOf([{ when }]),
        },
        {
          tests: [
            {
              name: 'one',
              at: '2026-12-02T12:00:00Z',
              request: { amount: 5, rate: 0.5, tier: 'gold', urgent: false },
              expect: { outcome: 'approved' },
            },
          ],
        },
      ),
    )
  const engines = (text: string, engine = secondEngine) =>
    checkPolicy(text, { engine }).gates.find(({ gate }) => gate === 'engines')

  it('on glob and lowerAscii, times and durations, which only we have or bind', () => {
    const when =
      "glob(request.tier.lowerAscii(), 'g*') && derived.start > now && now.getHours('Europe/Berlin') == 13"
    expect(engines(withTests(when))).toMatchObject({ status: 'passed', findings: [] })
  })

  it('and where they do not, test, condition and both values are named', () => {
    const wrong = (source: string) =>
      source.includes('glob') ? () => glob('a', 'b') : secondEngine(source)
    const verdict = engines(withTests("glob(request.tier, 'g*')"), wrong)
    expect(verdict?.status).toBe('failed')
    expect(verdict?.findings.map(({ code, pointer, message }) => [code, pointer, message])).toEqual(
      [
        [
          'engines-differ',
          '/actions/act/rules/list/0/when',
          "in the test 'one' the rule rule-0 is true in the first engine and false in the second",
        ],
        [
          'engines-differ',
          '/actions/act',
          'in the test \'one\' the decision is "approved" in the first engine and "escalated" in the second',
        ],
      ],
    )
  })

  it('on derived values, too', () => {
    const wrong = (source: string) =>
      source.includes('duration') ? () => 'late' : secondEngine(source)
    expect(engines(withTests('true'), wrong)?.findings[0]).toMatchObject({
      code: 'engines-differ',
      pointer: '/actions/act/derive/0/expr',
    })
  })

  it('and the second must take every expression', () => {
    const refusing = (source: string) => {
      if (source.includes('glob')) throw new Error('no')
      return secondEngine(source)
    }
    const verdict = engines(withTests("glob(request.tier, 'g*')"), refusing)
    expect(verdict?.findings[0]?.code).toBe('second-engine-refuses')
  })
})
