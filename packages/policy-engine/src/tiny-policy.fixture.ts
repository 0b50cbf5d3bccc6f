import { readFileSync } from 'node:fs'
import { Problem } from '@writ/kernel'
import { loadPolicy } from './load-policy.ts'
import type { LoadedPolicy } from './loaded-policy.ts'
import type { DecideInput, PolicyFault } from './types.ts'

export const NOON = '2026-12-02T12:00:00.000Z'

type Part = Readonly<Record<string, unknown>>

/** A small request with a field of every kind that the tests need. */
export const REQUEST = {
  type: 'object',
  additionalProperties: false,
  required: ['amount', 'rate', 'tier', 'urgent'],
  properties: {
    amount: { type: 'integer' },
    rate: { type: 'number' },
    tier: { type: 'string', maxLength: 40 },
    urgent: { type: 'boolean' },
    start: { type: 'string', format: 'date-time' },
    limit: { type: 'integer' },
    score: { type: 'number' },
    name: { type: 'string', maxLength: 100, 'x-personal': true },
    tags: { type: 'array', maxItems: 100, items: { type: 'string', maxLength: 20 } },
    lines: {
      type: 'array',
      maxItems: 100,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['cents'],
        properties: { cents: { type: 'integer' }, discount: { type: 'integer' } },
      },
    },
    address: {
      type: 'object',
      additionalProperties: false,
      required: ['country'],
      properties: {
        country: { type: 'string', maxLength: 2 },
        city: { type: 'string', maxLength: 50 },
      },
    },
  },
}

export const FITTING = { amount: 100, rate: 0.5, tier: 'gold', urgent: false }

/** The document of a policy that approves everything at AL1; `action` and `document` replace parts of it. */
export const tinyDocument = (action: Part = {}, document: Part = {}): Part => ({
  policy: 'tiny',
  version: '1.0.0',
  domain: 'testing',
  actions: {
    act: {
      request: REQUEST,
      rules: rulesOf([{ when: 'true' }]),
      autonomy: { ceiling: 'AL3', bands: [{ level: 'AL1', when: 'true' }] },
      ...action,
    },
  },
  ...document,
})

export const rulesOf = (list: readonly Part[], hit = 'strictest'): Part => ({
  hit,
  default: { outcome: 'escalate', code: 'NO_RULE' },
  list: list.map((rule, i) => ({ id: `rule-${i}`, outcome: 'approve', code: 'FINE', ...rule })),
})

export const tinyPolicy = (action: Part = {}, document: Part = {}): LoadedPolicy =>
  loaded(JSON.stringify(tinyDocument(action, document)))

export const loaded = (text: string): LoadedPolicy => {
  const policy = loadPolicy(text)
  if (policy instanceof Problem) throw new Error(JSON.stringify(policy.fields, null, 1))
  return policy
}

/** Messages of a document that must be refused, as `pointer: message`. */
export const faultsOf = (document: Part | string): readonly string[] =>
  problemOf(document).map(({ pointer, message }) => `${pointer}: ${message}`)

export const problemOf = (document: Part | string): readonly PolicyFault[] => {
  const problem = loadPolicy(typeof document === 'string' ? document : JSON.stringify(document))
  if (!(problem instanceof Problem)) throw new Error('the document was accepted')
  return (problem.fields.errors ?? []) as readonly PolicyFault[]
}

/** Faults of one condition in a tiny policy, as messages. */
export const conditionFaults = (when: string, action: Part = {}): readonly string[] =>
  problemOf(tinyDocument({ rules: rulesOf([{ when }]), ...action })).map(({ message }) => message)

export const inputOf = (request: Part = {}, more: Partial<DecideInput> = {}): DecideInput => ({
  action: 'act',
  variant: null,
  request: { ...FITTING, ...request } as DecideInput['request'],
  subject: { type: 'customer', id: 'ada' },
  at: NOON,
  features: {},
  ceilings: [],
  ...more,
})

export const shippedText = (name: string): string =>
  readFileSync(new URL(`../../../examples/policies/${name}.yaml`, import.meta.url), 'utf8')

export const shipped = (name: string): LoadedPolicy => loaded(shippedText(name))

/** Faults of the shipped finance policy after one edit of its text. */
export const faultsOfFinance = (from: string | RegExp, to: string): readonly string[] => {
  const before = shippedText('finance-constitution-1.1.0')
  const text = before.replace(from, to)
  if (text === before) throw new Error(`the policy has no ${from}`)
  return faultsOf(text)
}
