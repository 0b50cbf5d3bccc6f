import type { Outcome, Voice, VoiceKind, Word } from './words.ts'

/** The lattice, mild to strict. A join: the strictest voice wins and the order of evaluation never matters. */
const STRICTNESS: Readonly<Record<string, number>> = {
  approve: 0,
  escalate: 1,
  hold: 2,
  deny: 3,
  halt: 4,
} satisfies Record<Word, number>

const OUTCOMES: readonly Outcome[] = ['approved', 'escalated', 'held', 'denied', 'blocked']

/** One voice in both forms it may take in a record, made once at load so that deciding only picks. */
export interface Speech {
  readonly strictness: number
  readonly quiet: Voice
  readonly decisive: Voice
}

export interface SpeechParts {
  readonly kind: VoiceKind
  readonly id: string
  readonly says: Word
  readonly code: string
  readonly message?: string | undefined
  readonly path?: string | undefined
}

export const speech = ({ kind, id, says, code, message, path }: SpeechParts): Speech => {
  const strictness = STRICTNESS[says]
  // A word that nobody knows would fall out of the join, which is failing open.
  if (strictness === undefined) throw new Error(`a voice cannot say '${says}'`)
  const quiet: Voice = { kind, id, says, code, ...(path === undefined ? {} : { path }) }
  const decisive: Voice = { ...quiet, message: message ?? messageOf(code), decisive: true }
  return { strictness, quiet: Object.freeze(quiet), decisive: Object.freeze(decisive) }
}

export interface Verdicts {
  readonly outcome: Outcome
  readonly codes: readonly string[]
  readonly voices: readonly Voice[]
}

/** Joins the voices: the winning word, who said it, and the codes of those, sorted. */
export const join = (speeches: readonly Speech[]): Verdicts => {
  let strictest = 0
  for (const { strictness } of speeches) if (strictness > strictest) strictest = strictness
  const voices: Voice[] = []
  const codes: string[] = []
  for (const each of speeches) {
    if (each.strictness === strictest) {
      voices.push(each.decisive)
      if (!codes.includes(each.decisive.code)) codes.push(each.decisive.code)
    } else voices.push(each.quiet)
  }
  if (codes.length > 1) codes.sort()
  return { outcome: OUTCOMES[strictest] as Outcome, codes, voices }
}

const MESSAGES: Readonly<Record<string, string>> = {
  ABOVE_CEILING: 'The request needs a higher autonomy level than is allowed.',
  BAND_ERROR: 'A condition of an autonomy band could not be evaluated.',
  DERIVE_ERROR: 'A derived value could not be computed.',
  EVIDENCE_ERROR: 'It could not be determined whether evidence is required.',
  EVIDENCE_MISSING: 'Required evidence is missing or too old.',
  GUARDRAIL_ERROR: 'A guardrail could not be evaluated and counts as violated.',
  NO_BAND: 'No autonomy band covers the request.',
  NO_POLICY: 'No policy is active for the domain.',
  RULE_CONFLICT: 'More than one rule matches although only one may.',
  RULE_ERROR: 'A rule could not be evaluated.',
  VARIANT_UNKNOWN: 'The variant is not part of the policy; its own parameters were used.',
}

/** A policy without a message still answers in words: `OUTSIDE_BAND` reads "Outside band." */
const messageOf = (code: string): string => {
  const known = MESSAGES[code]
  if (known !== undefined) return known
  const words = code.toLowerCase().replaceAll('_', ' ')
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
