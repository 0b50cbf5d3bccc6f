import { policyReference } from '@writ/policy-engine'
import type { ReplayReport } from './replay-report.ts'

/** Most rows of a table for people; the JSON has all. */
const ROWS_MAX = 200

export interface ReportTable {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
  /** How many rows there are beyond those shown. */
  readonly more: number
}

/** The tables that every form of a report shows, so that none of them tells another story. */
export const tablesOf = (report: ReplayReport): readonly ReportTable[] =>
  [
    table(
      'Gates',
      ['gate', 'limit', 'found', ''],
      report.gates.map((gate) => [
        gate.name,
        gate.limit,
        gate.value,
        gate.passed ? 'passed' : 'FAILED',
      ]),
    ),
    table('Classes', ['class', 'decisions'], Object.entries(report.classes)),
    table(
      'Why not',
      ['class', 'reason', 'decisions'],
      report.reasons.map((one) => [one.class, one.reason, one.decisions]),
    ),
    table(
      'Before and after',
      ['before', 'after', 'decisions'],
      report.matrix.map((cell) => [
        `${cell.before.outcome} ${cell.before.level}`,
        `${cell.after.outcome} ${cell.after.level}`,
        cell.decisions,
      ]),
    ),
    table(
      'Conditions that held',
      ['action', 'kind', 'id', 'before', 'after', 'errors before', 'errors after'],
      report.rules.map((rule) => [
        ...[rule.action, rule.kind, rule.id],
        ...[rule.before, rule.after, rule.errorsBefore, rule.errorsAfter],
      ]),
    ),
    table(
      'Sums over approved decisions',
      ['action', 'field', 'approved before', 'sum before', 'approved after', 'sum after'],
      report.sums.map((sum) => [
        ...[sum.action, sum.field],
        ...[sum.approvedBefore, sum.before, sum.approvedAfter, sum.after],
      ]),
    ),
    agreementTable(report),
    topTable(report),
    table(
      'Policies that decided',
      ['policy', 'digest', 'decisions'],
      report.policies.before.map((one) => [one.ref, one.digest, one.decisions]),
    ),
    table(
      'Engines that decided',
      ['version', 'source', 'decisions'],
      report.engines.map((one) => [one.version, one.source, one.decisions]),
    ),
  ].filter(({ rows }) => rows.length > 0)

const table = (
  title: string,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): ReportTable => ({
  title,
  head,
  rows: rows.slice(0, ROWS_MAX),
  more: Math.max(0, rows.length - ROWS_MAX),
})

const agreementTable = ({ agreement }: ReplayReport): ReportTable =>
  table(
    'Agreement with what people later decided',
    ['', 'agrees', 'disagrees', 'left to people'],
    agreement.knownTo === null
      ? []
      : (['before', 'after'] as const).map((side) => [
          side,
          agreement[side].agrees,
          agreement[side].disagrees,
          agreement[side].leftToPeople,
        ]),
  )

const topTable = ({ topCases }: ReplayReport): ReportTable =>
  table(
    'Largest cases of each class',
    ['class', 'position', 'decision', 'field', 'amount', 'before', 'after', 'note'],
    topCases.map((one) => [
      ...[one.class, one.position, one.decision, one.field ?? '', one.amount ?? ''],
      ...[resultText(one.before), resultText(one.after)],
      one.difference === undefined
        ? (one.reason ?? '')
        : `${one.difference.pointer}: ${one.difference.recorded ?? 'nothing'} → ${one.difference.again ?? 'nothing'}`,
    ]),
  )

const resultText = (result: ReplayReport['topCases'][number]['before']): string =>
  result === null ? '' : `${result.outcome} ${result.level} [${result.codes.join(' ')}]`

/** One line on what was replayed, and against what. */
export const headline = ({ kind, selection, policies }: ReplayReport): string => {
  const { decisions, ledger, first, last } = selection
  const where = `${decisions} decisions of ${ledger}, positions ${first} to ${last}`
  if (kind === 'fidelity') return `Fidelity replay of ${where}`
  return `What-if replay of ${where}, under ${candidateName(policies.candidate)}`
}

const candidateName = (candidate: ReplayReport['policies']['candidate']): string => {
  if (candidate === null) return ''
  const { name, version, variant, from } = candidate
  return `${policyReference(name, version, variant)}${from === 'file' ? ' (file)' : ''}`
}

/** Digests and bounds by which a report can be told again. */
export const evidenceOf = (report: ReplayReport): readonly (readonly [string, string])[] => [
  ['report', report.digest],
  ['selection', report.selection.digest],
  ...(report.policies.candidate === null
    ? []
    : ([['candidate', report.policies.candidate.digest]] as const)),
  ['engine', `${report.engine.name} ${report.engine.version} ${report.engine.source}`],
  [
    'replayable',
    `${report.replayable.decisions} of ${report.selection.decisions}: ${percent(report.replayable.share)}` +
      ` (95 % interval ${percent(report.replayable.low)} to ${percent(report.replayable.high)})`,
  ],
]

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
