import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { loadPolicy } from './load-policy.ts'
import { faultsOf, problemOf, shippedText, tinyDocument } from './tiny-policy.fixture.ts'

const FINANCE = shippedText('finance-constitution-1.1.0')

describe('every fault is listed with pointer, line and column', () => {
  it('lists faults of shape, meaning and expressions of one file together', () => {
    const text = [
      'policy: tiny',
      'version: 1.0',
      'domain: testing',
      'colour: red',
      'params:',
      '  max: { type: int, value: 9, min: 0, max: 5 }',
      'actions:',
      '  one:',
      '    request: { type: object, additionalProperties: false, properties: { a: { type: integer } } }',
      '    rules:',
      '      hit: strictest',
      '      default: { outcome: escalate, code: NO_RULE, path: nobody }',
      '      list:',
      '        - { id: typo, when: request.b > 1, outcome: approve, code: OK }',
      '    autonomy: { ceiling: AL1, bands: [ { level: AL1, when: "true" } ] }',
    ].join('\n')
    expect(problemOf(text.replace('value: 9', 'value: 4'))).toEqual([
      {
        code: 'value-invalid',
        pointer: '/version',
        message: 'must be string',
        line: 2,
        column: 10,
      },
      {
        code: 'unknown-key',
        pointer: '/colour',
        message: 'is not a known field',
        line: 4,
        column: 1,
      },
      {
        code: 'path-unknown',
        pointer: '/actions/one/rules/default/path',
        message: "no escalation path is named 'nobody'",
        line: 12,
        column: 58,
      },
      {
        code: 'unknown-field',
        pointer: '/actions/one/rules/list/0/when',
        message: 'no such field: b',
        line: 14,
        column: 29,
        offset: 8,
      },
    ])
    expect(problemOf(text).map(({ pointer }) => pointer)).toContain('/params/max')
  })

  it('names a missing field by its own pointer, at the place that lacks it', () => {
    const { policy: _, ...nameless } = tinyDocument() as Record<string, unknown>
    expect(problemOf(nameless)).toEqual([
      { code: 'key-missing', pointer: '/policy', message: 'is missing', line: 1, column: 1 },
    ])
  })

  it('refuses a document that is no object, or has no actions', () => {
    expect(faultsOf('just text')).toEqual([': must be object'])
    expect(faultsOf('[1, 2]')).toEqual([': must be object'])
    expect(faultsOf('policy: tiny')).toContain('/actions: is missing')
  })

  it('says in the detail how many faults there are', () => {
    const problem = loadPolicy(FINANCE.replaceAll('request.margin', 'request.marign'))
    expect(problem).toBeInstanceOf(Problem)
    expect((problem as Problem).detail).toMatch(
      /^The policy is invalid: \/actions\/discount\/rules\/list\/0\/when no such field: marign, line \d+, column \d+ and 4 more\.$/,
    )
  })
})
