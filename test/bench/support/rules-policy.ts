import { stringify } from 'yaml'

const TIERS = ['bronze', 'silver', 'gold', 'platinum']

/** One rule in parts, so that other engines are given the very same one. */
export type RuleParts = { readonly id: string; readonly tiers: readonly string[] } & (
  | { readonly kind: 'approval'; readonly slack: number; readonly productBelow: number }
  | { readonly kind: 'surcharge'; readonly amountAbove: number; readonly discountAbove: number }
)

export const ruleParts = (count: number): readonly RuleParts[] =>
  Array.from({ length: count }, (_, i) => {
    const rule = { id: `rule-${i}`, tiers: [TIERS[i % 4] as string, TIERS[(i + 1) % 4] as string] }
    return i % 2 === 0
      ? { ...rule, kind: 'approval', slack: i, productBelow: 5_000_000 + i }
      : { ...rule, kind: 'surcharge', amountAbove: 1_000 * i, discountAbove: i }
  })

/** The conditions of a policy of `count` rules: each reads four fields, compares, and looks into a list. */
export const conditions = (count: number): readonly string[] =>
  ruleParts(count).map((rule) => {
    const tiers = JSON.stringify(rule.tiers)
    return rule.kind === 'approval'
      ? `request.discountBp <= params.maxBp - ${rule.slack} && request.tier in ${tiers} && request.amount * request.discountBp < ${rule.productBelow}`
      : `request.amount > ${rule.amountAbove} && (request.tier in ${tiers} || request.newCustomer) && request.discountBp > ${rule.discountAbove}`
  })

/** A policy of `count` rules in the document's own language. */
export const rulesPolicy = (count: number): string =>
  stringify({
    policy: 'bench-rules',
    version: '1.0.0',
    domain: 'bench',
    actions: {
      judge: {
        request: {
          type: 'object',
          additionalProperties: false,
          required: ['discountBp', 'amount', 'tier', 'newCustomer'],
          properties: {
            discountBp: { type: 'integer', minimum: 0, maximum: 10_000 },
            amount: { type: 'integer', minimum: 0, maximum: 1_000_000 },
            tier: { type: 'string', enum: TIERS },
            newCustomer: { type: 'boolean' },
          },
        },
        guardrails: [],
        rules: {
          hit: 'strictest',
          default: { outcome: 'escalate', code: 'NO_RULE', path: 'desk' },
          list: conditions(count).map((when, i) => ({
            id: `rule-${i}`,
            when,
            outcome: 'approve',
            code: `RULE_${i}`,
          })),
        },
        autonomy: { ceiling: 'AL3', bands: [{ level: 'AL1', when: 'request.amount <= 1000000' }] },
      },
    },
    params: { maxBp: { type: 'int', value: 1_500, min: 0, max: 10_000 } },
    escalation: {
      paths: { desk: [{ roles: ['desk'], quorum: 1, within: 'PT24H' }] },
      onTimeout: 'deny',
      exclude: ['requester'],
    },
    tests: [],
  })

/** Requests that fire different rules. */
export const benchRequests = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    discountBp: (i * 37) % 2_000,
    amount: (i * 7_919) % 200_000,
    tier: TIERS[i % 4] as string,
    newCustomer: i % 3 === 0,
  }))
