import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { policyDocumentSchema } from './document-schema.ts'
import {
  faultsOf,
  faultsOfFinance,
  rulesOf,
  tinyDocument,
  tinyPolicy,
} from './tiny-policy.fixture.ts'

describe('the shape is closed and bounded', () => {
  it('by a schema that is itself valid JSON Schema 2020-12', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
    ajv.addVocabulary(['x-personal', 'x-actionable', 'x-subject'])
    for (const format of ['date-time', 'date']) ajv.addFormat(format, true)
    expect(ajv.validateSchema(policyDocumentSchema)).toBe(true)
    expect(ajv.compile(policyDocumentSchema)(tinyDocument())).toBe(true)
  })

  it.each([
    [
      'an unknown field of a rule',
      'outcome: approve, code',
      'outcome: approve, kode: x, code',
      '/actions/discount/rules/list/0/kode: is not a known field',
    ],
    [
      'a name that is too short',
      'policy: finance-constitution',
      'policy: fi',
      '/policy: must match pattern "^[a-z][a-z0-9-]{2,62}$"',
    ],
    ['a version of two numbers', 'version: 1.1.0', 'version: "1.1"', /^\/version: must match/],
    [
      'an outcome that rules do not have',
      'outcome: approve',
      'outcome: hold',
      '/actions/discount/rules/list/0/outcome: must be one of approve, deny, escalate',
    ],
    [
      'approval by default',
      'default: { outcome: escalate',
      'default: { outcome: approve',
      '/actions/discount/rules/default/outcome: must be one of deny, escalate',
    ],
    [
      'a code in lower case',
      'code: WITHIN_BAND }',
      'code: within_band }',
      /list\/0\/code: must match/,
    ],
    [
      'a time-out that approves',
      'onTimeout: deny',
      'onTimeout: approve',
      '/escalation/onTimeout: must be one of deny, next',
    ],
    [
      'a variant id in lower case',
      '{ id: A }',
      '{ id: a }',
      /^\/variants\/list\/0\/id: must match/,
    ],
    [
      'weights inside the file',
      'unit: subject.id',
      'unit: subject.id, weights: {A: 1}',
      '/variants/weights: is not a known field',
    ],
    ['a stage without a time', ', within: PT24H', '', '/escalation/paths/cfo/0/within: is missing'],
    [
      'a test without a time',
      'name: tight,   at: 2026-12-02T09:00:00Z,',
      'name: tight,',
      '/tests/0/at: is missing',
    ],
    [
      'a time that does not exist',
      '2026-12-02T09',
      '2026-02-30T09',
      '/tests/0/at: must match format "date-time"',
    ],
    [
      'an action in capitals',
      '  discount:\n',
      '  Discount:\n',
      /^\/actions\/Discount: is no valid name/,
    ],
    [
      'a condition that is no text',
      'when: "request.discount <= 0.05 && request.margin >= 0.25"',
      'when: true',
      '/actions/discount/autonomy/bands/0/when: must be string',
    ],
  ] as const)('refuses %s', (_, from, to, fault) => {
    const faults = faultsOfFinance(from, to)
    const strings = typeof fault === 'string'
    expect(faults.some((each) => (strings ? each === fault : fault.test(each)))).toBe(true)
  })

  it.each([
    [
      { guardrails: [{ id: 'g', when: 'true', effect: 'approve', code: 'X' }] },
      '/actions/act/guardrails/0/effect: must be one of deny, escalate, halt',
    ],
    [
      { guardrails: [{ id: 'g', when: 'true', effect: 'deny', code: 'X', override: 'always' }] },
      '/actions/act/guardrails/0/override: must be "never"',
    ],
    [
      {
        guardrails: [
          {
            id: 'g',
            when: 'true',
            effect: 'deny',
            code: 'X',
            override: { role: 'cfo', approvals: 1 },
          },
        ],
      },
      '/actions/act/guardrails/0/override/approvals: must be >= 2',
    ],
    [
      { rules: rulesOf(Array(501).fill({ when: 'true' })) },
      '/actions/act/rules/list: must NOT have more than 500 items',
    ],
    [{ effect: 'maybe' }, '/actions/act/effect: must be one of reversible, irreversible'],
  ])('refuses %j', (action, fault) => {
    expect(faultsOf(tinyDocument(action))).toContain(fault)
  })

  it('accepts every field that the document may have', () => {
    const policy = tinyPolicy(
      {
        description: 'An action that uses everything.',
        effect: 'irreversible',
        features: {
          orders: 'int',
          mean: 'double',
          vip: 'bool',
          region: 'string',
          since: 'timestamp',
        },
        derive: [{ id: 'net', type: 'int', expr: 'request.amount - 10' }],
        evidence: [
          {
            id: 'kyc',
            requiredWhen: 'request.amount > 5',
            maxAge: 'P30D',
            onMissing: 'deny',
            path: 'desk',
            values: { score: 'int' },
          },
        ],
        guardrails: [
          {
            id: 'g1',
            when: 'derived.net > 1000',
            effect: 'halt',
            code: 'X',
            message: 'm',
            path: 'desk',
            sensitive: true,
            override: 'never',
          },
          {
            id: 'g2',
            when: 'params.cap < 3',
            effect: 'deny',
            code: 'Y',
            override: { role: 'cfo', approvals: 2 },
            readsVariantParams: true,
          },
        ],
        autonomy: {
          ceiling: 'AL2',
          bands: [
            { level: 'AL1', when: 'false' },
            { level: 'AL2', when: 'true', vetoWindow: 'PT72H', limits: { perDay: 5 } },
            { level: 'AL3', when: 'true', limits: { metric: 'count', perDay: 5, timezone: 'UTC' } },
          ],
        },
      },
      {
        params: {
          cap: { type: 'int', description: 'd', value: 5, min: 0, max: 9 },
          on: { type: 'bool', value: true },
          tier: { type: 'string', value: 'gold', enum: ['gold', 'silver'] },
          lands: { type: 'list<string>', value: ['DE'], enum: ['DE', 'FR'] },
        },
        variants: {
          unit: 'subject.id',
          list: [
            { id: 'A' },
            { id: 'B', params: { cap: 6, on: false, tier: 'silver', lands: [] } },
          ],
        },
        escalation: { paths: { desk: [{ roles: ['clerk'], within: 'PT1H' }] } },
        assist: { may: ['escalate', 'deny'], models: ['m'], onError: 'escalate', timeoutMs: 1500 },
      },
    )
    expect(policy.actions.get('act')?.irreversible).toBe(true)
  })
})
