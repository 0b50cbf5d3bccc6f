import type { EngineIdentity } from '@writ/domain'
import { documentDigest, type JsonObject, type LedgerName } from '@writ/kernel'
import { CHANGE_CLASSES } from '@writ/policy-engine'
import { sumText } from './exact-sum.ts'
import { gatesOf } from './replay-gates.ts'
import type { Candidate } from './replay-page.ts'
import {
  type Agreement,
  type Change,
  FIDELITY_CLASSES,
  type ReplayTally,
  type RuleCount,
  type TopCase,
} from './replay-tally.ts'
import { sixDecimals, wilsonInterval } from './wilson.ts'

/**
 * What a replay found. Two replays of the same decisions by the same engine give the same bytes and so the same digest,
 * whatever the day and however many threads judged. It holds no personal value: numbers of fields that are not
 * personal, ids that Writ issued, rule ids, codes, outcomes and levels.
 */
export interface ReplayReport {
  readonly kind: 'fidelity' | 'what-if'
  readonly selection: SelectionReport
  readonly policies: {
    /** Those that decided; `none` where no policy was active. */
    readonly before: readonly {
      readonly ref: string
      readonly digest: string
      readonly decisions: number
    }[]
    readonly candidate: Omit<Candidate, 'text' | 'domain'> | null
  }
  readonly engine: EngineIdentity
  /** Engines that decided, as far as they were compared. */
  readonly engines: readonly {
    readonly version: string
    readonly source: string
    readonly decisions: number
  }[]
  readonly equalUnderOtherEngine: number
  /** Every class of this kind of replay with its count. */
  readonly classes: Readonly<Record<string, number>>
  readonly reasons: readonly {
    readonly class: string
    readonly reason: string
    readonly decisions: number
  }[]
  readonly matrix: readonly MatrixCell[]
  readonly rules: readonly RuleLine[]
  readonly sums: readonly SumLine[]
  readonly agreement: {
    /** Position of the last word of people that counted; null where nobody said anything. */
    readonly knownTo: number | null
    readonly before: Agreement
    readonly after: Agreement
  }
  readonly replayable: {
    readonly decisions: number
    readonly share: number
    readonly low: number
    readonly high: number
  }
  readonly gates: readonly Gate[]
  readonly passed: boolean
  /** Every decision that is not `same`, by position; at most 10,000. */
  readonly changes: readonly Change[]
  readonly changesOmitted: number
  readonly topCases: readonly TopCase[]
  /** `sha256:<hex>` over the RFC 8785 bytes of all of the above. */
  readonly digest: string
}

export interface SelectionReport {
  readonly ledger: LedgerName
  readonly domain: string | null
  readonly action: string | null
  /** Times of deciding, half-open; null where none was named. */
  readonly from: string | null
  readonly to: string | null
  /** Positions of the first and the last decision chosen, both in it. */
  readonly first: number
  readonly last: number
  readonly decisions: number
  /** `sha256:<hex>` over "writ/v1/replay-selection" || 0x00 || the 32 bytes of each entry's hash, by position. */
  readonly digest: string
}

export interface MatrixCell {
  readonly before: { readonly outcome: string; readonly level: string }
  readonly after: { readonly outcome: string; readonly level: string }
  readonly decisions: number
}

export interface RuleLine extends Readonly<RuleCount> {
  /** `domain/action`. */
  readonly action: string
  readonly kind: string
  readonly id: string
}

/** Sum of one numeric field of the request over approved decisions. Exact decimal texts. */
export interface SumLine {
  readonly action: string
  readonly field: string
  readonly approvedBefore: number
  readonly approvedAfter: number
  readonly before: string
  readonly after: string
}

export interface Gate {
  readonly name: string
  readonly limit: string
  readonly value: number
  readonly passed: boolean
}

export interface ReportParts {
  readonly selection: SelectionReport
  readonly engine: EngineIdentity
  readonly candidate: Candidate | undefined
  readonly loosenedMax: number
  readonly knownTo: number | null
  readonly tally: ReplayTally
}

export const replayReport = (parts: ReportParts): ReplayReport => {
  const { tally, candidate, engine } = parts
  const kind = candidate === undefined ? 'fidelity' : 'what-if'
  const classes = classesOf(kind, tally)
  const judged = tally.decisions - (classes['not-replayable'] ?? 0) - (classes.error ?? 0)
  const share = tally.decisions === 0 ? 0 : sixDecimals(judged / tally.decisions)
  const gates = gatesOf(kind, { classes, share, loosenedMax: parts.loosenedMax })
  const changed = tally.decisions - (classes.same ?? 0)
  const report = {
    kind,
    selection: parts.selection,
    policies: { before: policiesOf(tally), candidate: candidateOf(candidate) },
    engine,
    engines: enginesOf(tally),
    equalUnderOtherEngine: tally.equalUnderOtherEngine,
    classes,
    reasons: reasonsOf(tally),
    matrix: matrixOf(tally),
    rules: rulesOf(tally),
    sums: sumsOf(tally),
    agreement: { knownTo: parts.knownTo, ...tally.agreement },
    replayable: { decisions: judged, share, ...wilsonInterval(judged, tally.decisions) },
    gates,
    passed: gates.every(({ passed }) => passed),
    changes: tally.changes,
    changesOmitted: changed - tally.changes.length,
    topCases: [...tally.top].sort(byName).flatMap(([, cases]) => cases),
  } as const
  return { ...report, digest: documentDigest(report as unknown as JsonObject) }
}

/** The digest that a report must have: what it says of itself is left out. */
export const digestOfReport = ({ digest: _own, ...report }: ReplayReport): string =>
  documentDigest(report as unknown as JsonObject)

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0

const classesOf = (kind: ReplayReport['kind'], { classes }: ReplayTally): Record<string, number> =>
  Object.fromEntries(
    (kind === 'fidelity' ? FIDELITY_CLASSES : CHANGE_CLASSES).map((name) => [
      name,
      classes.get(name) ?? 0,
    ]),
  )

const candidateOf = (candidate: Candidate | undefined): ReplayReport['policies']['candidate'] => {
  if (candidate === undefined) return null
  const { text: _text, domain: _domain, ...named } = candidate
  return named
}

const policiesOf = ({ policies }: ReplayTally): ReplayReport['policies']['before'] =>
  [...policies].sort(byName).map(([name, decisions]) => {
    const [ref = '', digest = ''] = name.split(' ')
    return { ref, digest, decisions }
  })

const enginesOf = ({ engines }: ReplayTally): ReplayReport['engines'] =>
  [...engines].sort(byName).map(([name, decisions]) => {
    const [version = '', source = ''] = name.split(' ')
    return { version, source, decisions }
  })

const reasonsOf = ({ reasons }: ReplayTally): ReplayReport['reasons'] =>
  [...reasons].sort(byName).map(([name, decisions]) => {
    const space = name.indexOf(' ')
    return { class: name.slice(0, space), reason: name.slice(space + 1), decisions }
  })

const matrixOf = ({ matrix }: ReplayTally): readonly MatrixCell[] =>
  [...matrix].sort(byName).map(([name, decisions]) => {
    const [before = '', beforeLevel = '', after = '', afterLevel = ''] = name.split(' ')
    return {
      before: { outcome: before, level: beforeLevel },
      after: { outcome: after, level: afterLevel },
      decisions,
    }
  })

const rulesOf = ({ rules }: ReplayTally): readonly RuleLine[] =>
  [...rules].sort(byName).map(([name, counts]) => {
    const [action = '', kind = '', id = ''] = name.split(' ')
    return { action, kind, id, ...counts }
  })

const sumsOf = ({ sums }: ReplayTally): readonly SumLine[] =>
  [...sums].sort(byName).map(([name, { before, after, approvedBefore, approvedAfter }]) => {
    const space = name.indexOf(' ')
    return {
      action: name.slice(0, space),
      field: name.slice(space + 1),
      ...{ approvedBefore, approvedAfter },
      before: sumText(before),
      after: sumText(after),
    }
  })
