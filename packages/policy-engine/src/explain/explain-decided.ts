import type { LoadedPolicy } from '../loaded-policy.ts'
import type { Decided, DecideInput } from '../types.ts'
import type { Ceiling } from '../words.ts'
import { type AtomTable, type TableCondition, tableOf } from './atom-table.ts'
import { explainedPolicy, sightOf } from './audience.ts'
import { type CounterfactualOptions, counterfactuals } from './counterfactuals.ts'
import { Teller } from './explained-atom.ts'
import type {
  Audience,
  DecidedExplanation,
  ExplainedCeiling,
  ExplainedError,
} from './explanation.ts'
import { lowest } from './forecast.ts'
import { nearestRule, whyNot } from './why-not.ts'
import { World } from './world.ts'

export interface ExplainOptions {
  readonly audience: Audience
  /** Whether the credential may read personal values; only an auditor is shown them. */
  readonly mayReadPersonal?: boolean
  /**
   * Default true. False where today's engine judges otherwise: a promise made by it would not be about this decision.
   */
  readonly searches?: boolean
  readonly search?: Pick<CounterfactualOptions, 'changesMax' | 'rerunsMax' | 'wanted'>
}

/**
 * Explains one decision to one audience: every condition clause by clause, who spoke, what bounded the level, what
 * stood against a better outcome, and the smallest changes of the request that would have led there.
 *
 * @param decided  what `decide(policy, input)` gave; voices and outcome are told as it has them
 * @throws Error  on the same inputs as `decide`
 */
export const explainDecided = (
  policy: LoadedPolicy,
  input: DecideInput,
  { decided, ...options }: ExplainOptions & { readonly decided: Decided },
): DecidedExplanation => {
  const { audience, mayReadPersonal = false, searches = true } = options
  const sight = sightOf(audience, mayReadPersonal)
  const table = tableOf(policy, input.action)
  const world = new World(policy, input, table.fields)
  const teller = new Teller(world.now, sight)
  const tell = (conditions: readonly TableCondition[]) =>
    conditions.map((each) => teller.condition(each))
  const trace = {
    guardrails: tell(table.guardrails),
    rules: tell(table.rules),
    bands: tell(table.bands),
  }
  const found = searches
    ? counterfactuals(policy, input, {
        ...options.search,
        personal: sight.personal,
        hideSensitive: !sight.sensitive,
      })
    : { list: [], tried: 0, exhausted: false, withheld: 0 }
  const { list, ...search } = found
  const unmatched = decided.voices.some(({ kind }) => kind === 'default')
  return {
    audience,
    ...decidedPart(decided),
    policy: explainedPolicy(policy, table, { variant: input.variant, sight }),
    trace,
    errors: errorsOf(table, teller, trace),
    nearestRule: unmatched ? nearestRule(policy, input, sight) : null,
    whyNot: searches ? whyNot(policy, input, { decided, sight }) : null,
    counterfactuals: list,
    search,
  }
}

/** What can be said of a decision that cannot be re-run: what was recorded. */
export const explainRecorded = (decided: Decided, audience: Audience): DecidedExplanation => ({
  audience,
  ...decidedPart(decided),
  policy: null,
  trace: { guardrails: [], rules: [], bands: [] },
  errors: [],
  nearestRule: null,
  whyNot: null,
  counterfactuals: [],
  search: { tried: 0, exhausted: false, withheld: 0 },
})

/** A domain without a policy: people decide, and no change of a request alters that. */
export const explainWithoutPolicy = (decided: Decided, audience: Audience): DecidedExplanation => ({
  ...explainRecorded(decided, audience),
  whyNot: {
    target: 'approved',
    against: decided.voices.map(({ kind, id, code, message }) => ({
      kind,
      id,
      code,
      message: message ?? code,
      fields: [],
    })),
    rules: [],
    bands: [],
    beyond: [
      {
        kind: 'policy',
        id: 'none',
        message: 'No policy was active for the domain: people decide.',
      },
    ],
  },
})

type Recorded = Pick<
  DecidedExplanation,
  'outcome' | 'autonomyLevel' | 'neededLevel' | 'codes' | 'ceilings' | 'voices'
>

const decidedPart = (decided: Decided): Recorded => ({
  outcome: decided.outcome,
  autonomyLevel: decided.autonomyLevel,
  neededLevel: decided.neededLevel,
  codes: decided.codes,
  ceilings: boundCeilings(decided.ceilings),
  voices: decided.voices,
})

const boundCeilings = (ceilings: readonly Ceiling[]): readonly ExplainedCeiling[] => {
  const bound = lowest(ceilings)
  return ceilings.map(({ source, level }) => ({ source, level, binding: level === bound }))
}

const errorsOf = (
  table: AtomTable,
  teller: Teller,
  trace: DecidedExplanation['trace'],
): readonly ExplainedError[] => {
  const kinds = [
    ['guardrail', table.guardrails, trace.guardrails],
    ['rule', table.rules, trace.rules],
    ['band', table.bands, trace.bands],
  ] as const
  return kinds.flatMap(([kind, conditions, told]) =>
    conditions.flatMap((each, i) =>
      told[i]?.value === 'error'
        ? [{ kind, id: each.condition.id, reason: teller.reason(each.atoms) }]
        : [],
    ),
  )
}
