import { activationOf } from './activation.ts'
import type { CompiledAction, CompiledBand, CompiledCondition } from './compiled-action.ts'
import { instantOf, instantText } from './instant.ts'
import type { LoadedPolicy } from './loaded-policy.ts'
import type { Decided, DecideInput } from './types.ts'
import { join, type Speech, speech } from './voices.ts'
import type { AutonomyLevel, Ceiling, Outcome, Verdict } from './words.ts'

/**
 * Decides one request: a pure function of its inputs, without clock, randomness or I/O, so that the same inputs give
 * the same bytes for ever. Every unknown is a voice for caution; an error is never `false`.
 *
 * @throws Error  the request was not accepted by `bindRequest`, the action is unknown, `at` is no time: a defect of
 *                the caller, which must refuse such a command before deciding
 */
export const decide = (policy: LoadedPolicy, input: DecideInput): Decided => {
  const action = policy.actions.get(input.action)
  if (!action) throw new Error(`decide() needs an action of ${policy.name}, not '${input.action}'`)
  const spoken: Speech[] = []
  const say = (voice: Speech): void => void spoken.push(voice)

  // 3-5. What conditions see: parameters with the variant, valid evidence, derived values.
  const activation = activationOf(policy, action, input, say)

  // 6. All guardrails run; one that cannot be evaluated counts as violated.
  const guardrails = action.blank.guardrails && { ...action.blank.guardrails }
  if (guardrails) runGuardrails(action.guardrails, activation, guardrails, spoken)

  // 7. All rules run, whatever the hit policy, so that every value is on record.
  const rules = { ...action.blank.rules }
  runRules(action, activation, rules, spoken)

  // 8. The lowest band that matches is the level the request needs.
  const bands = { ...action.blank.bands }
  const needed = runBands(action.bands, activation, bands, spoken)

  // 9-10. A ceiling never squeezes a request into a lower level: what needs more goes to people.
  const ceilings: readonly Ceiling[] = [
    { source: 'policy', level: action.ceiling },
    ...input.ceilings,
  ]
  if (needed) compareWithCeilings(needed.level, ceilings, spoken)
  if (input.extraVoices) for (const voice of input.extraVoices) spoken.push(speech(voice))

  // 11. The strictest voice wins.
  const { outcome, codes, voices } = join(spoken)
  const values = guardrails ? { guardrails, rules, bands } : { rules, bands }
  return { outcome, codes, voices, values, ceilings, ...levels(action, input.at, outcome, needed) }
}

/** What is answered for a domain without an active policy: a person decides. There is no switch for failing open. */
export const decideWithoutPolicy = (
  input: Pick<DecideInput, 'at'> & Partial<Pick<DecideInput, 'ceilings' | 'extraVoices'>>,
): Decided => {
  const none = speech({ kind: 'policy', id: 'none', says: 'escalate', code: 'NO_POLICY' })
  const { outcome, codes, voices } = join([none, ...(input.extraVoices ?? []).map(speech)])
  return {
    outcome,
    autonomyLevel: 'AL0',
    neededLevel: null,
    codes,
    voices,
    values: { rules: {}, bands: {} },
    ceilings: input.ceilings ?? [],
    effectiveAt: null,
    obligations: [],
  }
}

type Values = Record<string, Verdict>

const runGuardrails = (
  guardrails: readonly CompiledCondition[],
  activation: object,
  values: Values,
  spoken: Speech[],
): void => {
  for (const { id, judge, holds, fails } of guardrails) {
    const value = judge(activation)
    values[id] = value
    if (value !== false) spoken.push(value === true ? holds : fails)
  }
}

const runRules = (
  { rules, hit, defaultSpeech }: CompiledAction,
  activation: object,
  values: Values,
  spoken: Speech[],
): void => {
  let hits = 0
  for (const { id, judge, holds, fails } of rules) {
    const value = judge(activation)
    values[id] = value
    if (value === false) continue
    if (value === 'error') spoken.push(fails)
    else if (++hits === 1 || hit !== 'first') spoken.push(holds)
  }
  if (hits === 0) spoken.push(defaultSpeech)
  if (hits > 1 && hit === 'unique') spoken.push(CONFLICT)
}

const CONFLICT = speech({ kind: 'rule', id: 'unique', says: 'escalate', code: 'RULE_CONFLICT' })
const NO_BAND = speech({ kind: 'band', id: 'none', says: 'escalate', code: 'NO_BAND' })

const runBands = (
  bands: readonly CompiledBand[],
  activation: object,
  values: Values,
  spoken: Speech[],
): CompiledBand | null => {
  let needed: CompiledBand | null = null
  for (const band of bands) {
    const value = band.judge(activation)
    values[band.level] = value
    if (value === 'error') spoken.push(band.fails)
    else if (value && needed === null) needed = band
  }
  if (needed === null) spoken.push(NO_BAND)
  return needed
}

const compareWithCeilings = (
  needed: AutonomyLevel,
  ceilings: readonly Ceiling[],
  spoken: Speech[],
): void => {
  for (const { source, level } of ceilings) {
    if (!(level in OBLIGATIONS)) throw new Error(`'${level}' is no autonomy level`)
    if (needed <= level) continue
    spoken.push(speech({ kind: 'ceiling', id: source, says: 'escalate', code: 'ABOVE_CEILING' }))
  }
}

type Levels = Pick<
  Decided,
  'autonomyLevel' | 'neededLevel' | 'effectiveAt' | 'vetoUntil' | 'obligations'
>

/** What an approval at a level brings with it beyond the effect itself. */
const OBLIGATIONS: Readonly<Record<AutonomyLevel, readonly string[]>> = {
  AL0: [],
  AL1: [],
  AL2: ['notify'],
  AL3: ['audit-sample'],
}

const levels = (
  action: CompiledAction,
  at: string,
  outcome: Outcome,
  needed: CompiledBand | null,
): Levels => {
  const neededLevel = needed?.level ?? null
  if (outcome !== 'approved' || needed === null) {
    return { autonomyLevel: 'AL0', neededLevel, effectiveAt: null, obligations: [] }
  }
  const { level, vetoWindowMs } = needed
  const ms = instantOf(at) ?? 0
  const approved = {
    autonomyLevel: level,
    neededLevel,
    effectiveAt: instantText(ms),
    obligations: OBLIGATIONS[level],
  }
  if (vetoWindowMs === null) return approved
  const vetoUntil = instantText(ms + vetoWindowMs)
  // What can be undone takes effect at once; what cannot waits until nobody may veto any more.
  return { ...approved, vetoUntil, ...(action.irreversible ? { effectiveAt: vetoUntil } : {}) }
}
