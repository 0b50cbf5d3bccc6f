import type { LoadedPolicy } from '../loaded-policy.ts'
import type { Decided, DecideInput } from '../types.ts'
import { speech } from '../voices.ts'
import type { Ceiling, Voice } from '../words.ts'
import { type AtomTable, type TableAtom, type TableCondition, tableOf } from './atom-table.ts'
import { blame } from './blame.ts'
import { betterThan } from './counterfactuals.ts'
import { type Sight, Teller } from './explained-atom.ts'
import type { Beyond, CounterfactualTarget, NearMiss, Obstacle, WhyNot } from './explanation.ts'
import { lowest, strictnessOf } from './forecast.ts'
import { requestPointers } from './request-fields.ts'
import { World } from './world.ts'

/** Rules that came near, at most: the rest stands in the trace. */
const NEAR_RULES_MAX = 5

/**
 * What stands between a decision and the next better one: each voice against it with the clauses behind it, the rules
 * and bands that would have led there, and what no change of the request would move. Null where nothing is better.
 *
 * @throws Error  on the same inputs as `decide`
 */
export const whyNot = (
  policy: LoadedPolicy,
  input: DecideInput,
  asked: {
    readonly decided: Decided
    readonly target?: CounterfactualTarget
    readonly sight?: Sight
  },
): WhyNot | null => {
  const {
    decided,
    target = betterThan(decided)[0],
    sight = { personal: false, sensitive: true },
  } = asked
  if (target === undefined) return null
  const table = tableOf(policy, input.action)
  const world = new World(policy, input, table.fields)
  const reader = new Obstacles(table, world, sight)
  const strictness = strictnessOf(target.outcome)
  const against = decided.voices.filter((voice) => speech(voice).strictness > strictness)
  const ceilings = decided.ceilings
  return {
    target: target.outcome,
    ...(target.levelMax === undefined ? {} : { levelMax: target.levelMax }),
    against: against.map((voice) => reader.obstacle(voice)),
    rules: target.outcome === 'approved' ? reader.rules() : [],
    bands: target.outcome === 'approved' ? reader.bands(target, ceilings) : [],
    beyond: reader.beyond(target, against, ceilings),
  }
}

/** The rule with the fewest failing clauses, of those that say anything; null where the policy has none. */
export const nearestRule = (
  policy: LoadedPolicy,
  input: DecideInput,
  sight: Sight,
): NearMiss | null => {
  const table = tableOf(policy, input.action)
  const world = new World(policy, input, table.fields)
  return new Obstacles(table, world, sight).nearest(table.rules)[0] ?? null
}

class Obstacles {
  readonly #table: AtomTable
  readonly #world: World
  readonly #teller: Teller

  constructor(table: AtomTable, world: World, sight: Sight) {
    this.#table = table
    this.#world = world
    this.#teller = new Teller(world.now, sight)
  }

  obstacle(voice: Voice): Obstacle {
    const { kind, id, code } = voice
    const message = voice.message ?? speech(voice).decisive.message ?? code
    const condition = this.#conditionOf(voice)
    if (condition === undefined) return { kind, id, code, message, fields: [] }
    const failing = blame(condition.tree, false, this.#world.now)
    const { id: _, ...told } = this.#teller.miss(condition, failing)
    return { kind, id, code, message, ...told }
  }

  /** Rules that approve and did not, the nearest first. */
  rules(): readonly NearMiss[] {
    const approving = this.#table.rules.filter(({ condition }) => condition.holds.strictness === 0)
    const missed = approving.filter(({ tree }) => this.#failing(tree).length > 0)
    // One that approves already needs no other.
    return missed.length < approving.length ? [] : this.nearest(missed).slice(0, NEAR_RULES_MAX)
  }

  /** Bands that could carry the target, with what fails; none where one carries it. */
  bands(target: CounterfactualTarget, ceilings: readonly Ceiling[]): readonly NearMiss[] {
    const ceiling = lowest(ceilings)
    const levelMax = target.levelMax ?? 'AL3'
    const carrying = this.#table.bands.filter(
      ({ condition }) => condition.id <= ceiling && condition.id <= levelMax,
    )
    const missed = carrying.map((each) => this.#teller.miss(each, this.#failing(each.tree)))
    return missed.some((_, i) => this.#failing((carrying[i] as TableCondition).tree).length === 0)
      ? []
      : missed
  }

  nearest(rules: readonly TableCondition[]): readonly NearMiss[] {
    return rules
      .map((each) => ({ each, failing: this.#failing(each.tree) }))
      .toSorted((a, b) => a.failing.length - b.failing.length)
      .map(({ each, failing }) => this.#teller.miss(each, failing))
  }

  beyond(
    target: CounterfactualTarget,
    against: readonly Voice[],
    ceilings: readonly Ceiling[],
  ): readonly Beyond[] {
    return [
      ...(target.outcome === 'approved' ? this.#ceilings(ceilings) : []),
      ...against.flatMap((voice) => this.#beyondVoice(voice)),
    ]
  }

  /** A ceiling under the lowest band lets nothing be approved, whatever is asked. */
  #ceilings(ceilings: readonly Ceiling[]): readonly Beyond[] {
    const first = this.#table.action.bands[0]?.level
    if (first === undefined) {
      const message = 'The policy has no autonomy band: people decide every request.'
      return [{ kind: 'policy', id: 'bands', message }]
    }
    return ceilings
      .filter(({ level }) => level < first)
      .map(({ source, level }) => ({
        kind: 'ceiling',
        id: source,
        message: `The ceiling of ${source} is ${level}, below the lowest band ${first}.`,
      }))
  }

  #beyondVoice(voice: Voice): readonly Beyond[] {
    const { kind, id } = voice
    if (kind === 'evidence') {
      return [{ kind, id, message: `Evidence '${id}' is missing, too old or from the future.` }]
    }
    if (kind === 'params') {
      return [{ kind: 'variant', id, message: `The policy has no variant '${id}'.` }]
    }
    if (kind === 'subject-map' || kind === 'policy') {
      return [{ kind: 'voice', id, message: speech(voice).decisive.message ?? voice.code }]
    }
    const condition = this.#conditionOf(voice)
    return condition === undefined ? [] : this.#fixed(blame(condition.tree, false, this.#world.now))
  }

  /** Clauses against the target that read nothing the asker may change. */
  #fixed(atoms: readonly TableAtom[]): readonly Beyond[] {
    return atoms
      .filter(({ fields }) => fields === 0)
      .flatMap(({ reads }): readonly Beyond[] => {
        const features = [...reads].filter((read) => read.startsWith('features.'))
        return [
          ...features.map((name): Beyond => {
            const id = name.slice('features.'.length)
            return {
              kind: 'feature',
              id,
              message: `Feature '${id}' is known from the log, not from the request.`,
            }
          }),
          ...requestPointers(reads).map((id): Beyond => {
            return { kind: 'field', id, message: `${id} is a fact that the asker cannot change.` }
          }),
        ]
      })
  }

  #failing(tree: TableCondition['tree']): readonly TableAtom[] {
    return blame(tree, true, this.#world.now)
  }

  #conditionOf({ kind, id }: Voice): TableCondition | undefined {
    const { guardrails, rules, bands } = this.#table
    const lists: Partial<Record<Voice['kind'], readonly TableCondition[]>> = {
      guardrail: guardrails,
      rule: rules,
      band: bands,
    }
    return lists[kind]?.find(({ condition }) => condition.id === id)
  }
}
