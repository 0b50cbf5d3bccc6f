import {
  type AuthorizationAnswer,
  preparsePolicySet,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs'
import { ZenEngine } from '@gorules/zen-engine'
import { Engine, type TopLevelCondition } from 'json-rules-engine'
import { type benchRequests, type RuleParts, ruleParts } from './rules-policy.ts'

export type BenchRequest = ReturnType<typeof benchRequests>[number]

/** What a policy of `rulesPolicy` says of a request, in whatever engine. */
export interface PeerVerdict {
  readonly outcome: 'approved' | 'escalated'
  /** Ids of the rules that fired, sorted. */
  readonly fired: readonly string[]
}

/** One engine with the policy loaded. `call` is what is measured; `verdict` reads its answer. */
export interface Peer {
  readonly name: string
  call(request: BenchRequest): unknown
  verdict(answer: Awaited<ReturnType<Peer['call']>>): PeerVerdict
}

const MAX_BP = 1_500

const verdictOf = (fired: readonly string[]): PeerVerdict => ({
  outcome: fired.length > 0 ? 'approved' : 'escalated',
  fired: [...fired].sort(),
})

/**
 * A graph of one expression node, all hundred expressions in it, created once. It has no integers, only decimals, and
 * no checked types.
 */
export const zenPeer = (count: number): Peer => {
  const list = (tiers: readonly string[]) => `[${tiers.map((tier) => `'${tier}'`).join(', ')}]`
  const text = (rule: RuleParts): string =>
    rule.kind === 'approval'
      ? `request.discountBp <= params.maxBp - ${rule.slack} and request.tier in ${list(rule.tiers)}` +
        ` and request.amount * request.discountBp < ${rule.productBelow}`
      : `request.amount > ${rule.amountAbove} and (request.tier in ${list(rule.tiers)}` +
        ` or request.newCustomer) and request.discountBp > ${rule.discountAbove}`
  const expressions = ruleParts(count).map((rule) => ({
    id: rule.id,
    key: rule.id.replace('-', '_'),
    value: text(rule),
  }))
  const position = { x: 0, y: 0 }
  const decision = new ZenEngine().createDecision({
    nodes: [
      { id: 'in', type: 'inputNode', name: 'request', position },
      { id: 'rules', type: 'expressionNode', name: 'rules', position, content: { expressions } },
      { id: 'out', type: 'outputNode', name: 'response', position },
    ],
    edges: [
      { id: 'a', sourceId: 'in', targetId: 'rules', type: 'edge' },
      { id: 'b', sourceId: 'rules', targetId: 'out', type: 'edge' },
    ],
  })
  const params = { maxBp: MAX_BP }
  return {
    name: 'zen',
    call: (request) => decision.evaluate({ request, params }),
    verdict: (answer) => {
      const { result } = answer as { result: Record<string, boolean> }
      const held = Object.keys(result).filter((key) => result[key] === true)
      return verdictOf(held.map((key) => key.replace('_', '-')))
    },
  }
}

/** It has no arithmetic: the product and `maxBp - i` are given to it as numbers, which spares it the work. */
export const jsonRulesPeer = (count: number): Peer => {
  const conditions = (rule: RuleParts): TopLevelCondition =>
    rule.kind === 'approval'
      ? {
          all: [
            { fact: 'discountBp', operator: 'lessThanInclusive', value: MAX_BP - rule.slack },
            { fact: 'tier', operator: 'in', value: [...rule.tiers] },
            { fact: 'product', operator: 'lessThan', value: rule.productBelow },
          ],
        }
      : {
          all: [
            { fact: 'amount', operator: 'greaterThan', value: rule.amountAbove },
            {
              any: [
                { fact: 'tier', operator: 'in', value: [...rule.tiers] },
                { fact: 'newCustomer', operator: 'equal', value: true },
              ],
            },
            { fact: 'discountBp', operator: 'greaterThan', value: rule.discountAbove },
          ],
        }
  const engine = new Engine(
    ruleParts(count).map((rule) => ({ conditions: conditions(rule), event: { type: rule.id } })),
  )
  return {
    name: 'json-rules-engine',
    call: (request) => engine.run({ ...request, product: request.amount * request.discountBp }),
    verdict: (answer) =>
      verdictOf((answer as { events: { type: string }[] }).events.map(({ type }) => type)),
  }
}

/** A permit a rule, parsed once; `allow` stands for approved, and its diagnostics name the permits that held. */
export const cedarPeer = (count: number): Peer => {
  const list = (tiers: readonly string[]) => JSON.stringify(tiers)
  const text = (rule: RuleParts): string =>
    rule.kind === 'approval'
      ? `context.discountBp <= context.maxBp - ${rule.slack} && ${list(rule.tiers)}.contains(context.tier)` +
        ` && context.amount * context.discountBp < ${rule.productBelow}`
      : `context.amount > ${rule.amountAbove} && (${list(rule.tiers)}.contains(context.tier)` +
        ` || context.newCustomer) && context.discountBp > ${rule.discountAbove}`
  const staticPolicies = Object.fromEntries(
    ruleParts(count).map((rule) => [
      rule.id,
      `permit(principal, action, resource) when { ${text(rule)} };`,
    ]),
  )
  const parsed = preparsePolicySet('bench-rules', { staticPolicies })
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed))
  const asked = {
    principal: { type: 'Key', id: 'k-1' },
    action: { type: 'Action', id: 'judge' },
    resource: { type: 'Order', id: 'o-1' },
    preparsedPolicySetId: 'bench-rules',
    entities: [],
  }
  return {
    name: 'cedar',
    call: (request) => statefulIsAuthorized({ ...asked, context: { ...request, maxBp: MAX_BP } }),
    verdict: (answer) => {
      const got = answer as AuthorizationAnswer
      if (got.type !== 'success' || got.response.diagnostics.errors.length > 0)
        throw new Error(JSON.stringify(got))
      const verdict = verdictOf(got.response.diagnostics.reason)
      const outcome = got.response.decision === 'allow' ? 'approved' : 'escalated'
      return { ...verdict, outcome }
    },
  }
}
