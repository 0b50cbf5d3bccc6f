import { existsSync, readFileSync } from 'node:fs'
import { Problem } from '@writ/kernel'
import {
  checkPolicy,
  diffPolicies,
  type Finding,
  type GateReport,
  type LoadedPolicy,
  loadPolicy,
  type PolicyCheckReport,
  type PolicyDiff,
} from '@writ/policy-engine'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { orThrow } from '../or-throw.ts'
import { type OutputOptions, print, printJson } from '../output.ts'

interface CheckCommand extends OutputOptions {
  /** A file, or a published version as name@version. */
  readonly against?: string
  readonly strict?: boolean
}

/**
 * Checks files gate by gate, without a database unless `--against` names a published version. Exit 0: each may be
 * activated; 1: a gate failed, or with `--strict` warned; 2: a file cannot be read. As JSON one file is its report,
 * several are `{ "checked": [ { "file", … } ] }`.
 */
export const checkPolicyFiles = async (
  files: readonly string[],
  { against, strict, json }: CheckCommand,
): Promise<void> => {
  const texts = files.map((file) => readFileSync(file, 'utf8'))
  const before = against === undefined ? undefined : await policyOf(against)
  const reports = texts.map((text) => checkPolicy(text, before ? { against: before } : {}))
  const [only] = reports
  if (!json) {
    for (const [i, report] of reports.entries())
      for (const line of reportLines(files[i] as string, report)) print(line)
  } else if (reports.length === 1) printJson(only)
  else printJson({ checked: reports.map((report, i) => ({ file: files[i], ...report })) })
  const exit = Math.max(...reports.map((report) => exitOf(report, strict === true)))
  if (exit !== EXIT.ok) throw new CommandFailed(exit, '')
}

const exitOf = ({ gates, passed }: PolicyCheckReport, strict: boolean): number => {
  if (gates.some(({ gate, status }) => gate === 'readable' && status === 'failed')) {
    return EXIT.usage
  }
  const warned = strict && gates.some(({ status }) => status === 'warned')
  return !passed || warned ? EXIT.checkFailed : EXIT.ok
}

/** What a second version changes. Each is a file, or a published version as name@version. */
export const diffPolicyVersions = async (
  before: string,
  after: string,
  { json }: OutputOptions,
): Promise<void> => {
  const diff = diffPolicies(await policyOf(before), await policyOf(after))
  if (json) return printJson(diff)
  for (const line of diffLines(diff)) print(line)
}

const policyOf = async (source: string): Promise<LoadedPolicy> => {
  const text = isReference(source) ? await publishedText(source) : readFileSync(source, 'utf8')
  const policy = loadPolicy(text)
  if (!(policy instanceof Problem)) return policy
  const exit = policy.code === 'policy-unreadable' ? EXIT.usage : EXIT.checkFailed
  throw new CommandFailed(exit, `${source}: ${policy.detail}`)
}

const isReference = (source: string): boolean => source.includes('@') && !existsSync(source)

/** The parts that need a database are loaded only when one is asked: most checks are of files. */
const publishedText = async (reference: string): Promise<string> => {
  const { operatorContext, withRuntime } = await import('../setup/with-runtime.ts')
  return withRuntime(async (runtime) => {
    const { caller } = await operatorContext(runtime)
    const { document } = orThrow(await runtime.useCases.policyByReference(caller, reference))
    return JSON.stringify(document)
  })
}

const MARKS = { passed: 'ok', failed: 'FAILED', warned: 'warned', skipped: 'skipped' } as const

const reportLines = (file: string, report: PolicyCheckReport): readonly string[] => {
  const { policy, gates, coverage, probes, diff, passed } = report
  const name = policy
    ? `${policy.name}@${policy.version} (domain ${policy.domain}) ${policy.digest}`
    : file
  return [
    name,
    ...gates.flatMap((gate) => gateLines(file, gate)),
    ...(coverage
      ? [
          `Golden tests: ${coverage.tests.total - coverage.tests.failed} of ${coverage.tests.total} pass; they cover ` +
            `${shareOf(coverage.guardrails)} guardrails, ${shareOf(coverage.rules)} rules, ${shareOf(coverage.bands)} bands.`,
        ]
      : []),
    ...(probes?.actions ?? []).map(
      ({ action, probes: inputs, outcomes }) =>
        `Probes of ${action}: ${inputs} inputs; ${Object.entries(outcomes)
          .map(([outcome, count]) => `${count} ${outcome}`)
          .join(', ')}.`,
    ),
    ...(diff ? diffLines(diff) : []),
    passed ? 'It may be activated.' : 'It may not be activated.',
  ]
}

const shareOf = ({ covered, total }: { readonly covered: number; readonly total: number }) =>
  `${covered} of ${total}`

const gateLines = (
  file: string,
  { gate, status, findings, note }: GateReport,
): readonly string[] => [
  `  ${MARKS[status].padEnd(7)}  ${gate.padEnd(8)}${note === undefined ? '' : `  ${note}`}`.trimEnd(),
  ...findings.flatMap((finding) => findingLines(file, finding)),
]

const findingLines = (file: string, finding: Finding): readonly string[] => {
  const { severity, code, line, column, message, excerpt, example } = finding
  const indent = ' '.repeat(11)
  return [
    `${indent}${severity} ${code}  ${file}:${line}:${column}`,
    `${indent}  ${message}`,
    ...(excerpt?.split('\n') ?? []).map((each) => `${indent}  | ${each}`),
    ...(example ? [`${indent}  for example ${JSON.stringify(example)}`] : []),
  ]
}

const diffLines = ({
  before,
  after,
  structural,
  semantic,
  loosening,
}: PolicyDiff): readonly string[] => [
  `From ${before.name}@${before.version} to ${after.name}@${after.version}:`,
  ...(structural.length === 0 ? ['  no part differs'] : []),
  ...structural.flatMap(({ change, kind, id, properties }) => [
    `  ${change} ${kind} ${id}`,
    ...(change === 'changed'
      ? properties.map(
          ({ name, before: old, after: now }) => `    ${name}: ${old ?? '–'} → ${now ?? '–'}`,
        )
      : []),
  ]),
  `  ${semantic.compared} probes decided by both${semantic.sampled ? ', a sample' : ''}:`,
  ...semantic.changes.flatMap(({ changeClass, count, examples }) => [
    `    ${String(count).padStart(6)} ${changeClass}`,
    ...examples.map(
      ({ input, before: old, after: now }) =>
        `           ${old ? `${old.outcome} ${old.level}` : '–'} → ${now ? `${now.outcome} ${now.level}` : '–'}  ${JSON.stringify(input)}`,
    ),
  ]),
  ...loosening.map(({ what }) => `  needs two people: ${what}`),
]
