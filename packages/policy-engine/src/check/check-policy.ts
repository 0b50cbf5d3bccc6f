import { Problem } from '@writ/kernel'
import type { LoadGate } from '../fault-codes.ts'
import { FAULTS } from '../fault-codes.ts'
import { examinePolicy, loadPolicy } from '../load-policy.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { diffPolicies } from './diff-policies.ts'
import { compareEngines } from './engines-gate.ts'
import { Findings } from './findings.ts'
import {
  cardFindings,
  coverageFindings,
  coverageOf,
  divisionFindings,
  testFindings,
} from './golden-gates.ts'
import type { PolicyDiff } from './policy-diff.ts'
import type { BareFinding } from './probe-findings.ts'
import { probeFindings } from './probe-findings.ts'
import { type ProbedAction, runProbes } from './probe-run.ts'
import type { CheckGate, Finding, GateReport, PolicyCheckReport } from './report.ts'
import { type SecondEngine, secondEngine } from './second-engine.ts'

export interface CheckOptions {
  /** The version to compare with: usually the one that is active. As text, or loaded before. */
  readonly against?: string | LoadedPolicy
  /** Another second opinion; for tests of the gate itself. */
  readonly engine?: SecondEngine
}

/**
 * Everything that can be known of a policy before it decides: gate by gate, every finding with its place in the text.
 * Never throws for what the text says; a gate that needs the result of a failed one is `skipped`, and says so.
 */
export const checkPolicy = (text: string, options: CheckOptions = {}): PolicyCheckReport => {
  const examined = examinePolicy(text)
  if (examined instanceof Problem) return unreadable(text, examined, options)
  const findings = new Findings(text, examined.source)
  const faults = examined.faults.inOrder().map((fault) => findings.ofFault(fault))
  const { policy } = examined
  const loading = loadingGates(faults, policy ? findings.all(divisionFindings(policy)) : [])
  if (!policy) {
    return reportOf({ gates: [...loading, ...skipped(AFTER_LOADING, NOT_LOADED, options)] })
  }
  const probed = runProbes(policy)
  const engines = compareEngines(policy, probed, options.engine ?? secondEngine)
  const { name, version, domain, digest } = policy
  const diff = comparison(policy, options)
  const gates: readonly GateReport[] = [
    ...loading,
    gate('tests', findings.all(testFindings(policy))),
    gate('engines', findings.all(engines.findings), `${engines.compared} inputs decided by both`),
    gate('coverage', findings.all(coverageFindings(policy))),
    gate('probes', findings.all(probed.flatMap(probeFindings)), probeNote(probed)),
    gate('card', findings.all(cardFindings(policy))),
    ...(diff ? [gate('diff', findings.all(diff.findings))] : []),
  ]
  return reportOf({
    policy: { name, version, domain, digest },
    gates,
    coverage: coverageOf(policy),
    probes: {
      total: probed.reduce((total, { summary }) => total + summary.probes, 0),
      actions: probed.map(({ summary }) => summary),
      comparedByEngines: engines.compared,
    },
    ...(diff?.diff ? { diff: diff.diff } : {}),
  })
}

const LOADING: readonly LoadGate[] = ['readable', 'shape', 'types', 'profile', 'cost']
const AFTER_LOADING: readonly CheckGate[] = ['tests', 'engines', 'coverage', 'probes', 'card']
const NOT_LOADED = 'the policy does not load'

const reportOf = (
  parts: Partial<PolicyCheckReport> & Pick<PolicyCheckReport, 'gates'>,
): PolicyCheckReport => ({
  passed: parts.gates.every(({ status }) => status === 'passed' || status === 'warned'),
  policy: null,
  coverage: null,
  probes: null,
  ...parts,
})

const unreadable = (text: string, problem: Problem, options: CheckOptions): PolicyCheckReport => {
  const finding = new Findings(text, null).ofUnreadable(problem)
  const others: readonly CheckGate[] = [...LOADING.slice(1), ...AFTER_LOADING]
  return reportOf({
    gates: [gate('readable', [finding]), ...skipped(others, 'the file cannot be read', options)],
  })
}

const gate = (name: CheckGate, findings: readonly Finding[], note?: string): GateReport => {
  const has = (severity: Finding['severity']) => findings.some((each) => each.severity === severity)
  const status = has('error') ? 'failed' : has('warning') ? 'warned' : 'passed'
  return { gate: name, status, findings, ...(note === undefined ? {} : { note }) }
}

const skipped = (
  gates: readonly CheckGate[],
  note: string,
  { against }: CheckOptions,
): readonly GateReport[] =>
  [...gates, ...(against === undefined ? [] : ['diff' as const])].map((name) => ({
    gate: name,
    status: 'skipped',
    findings: [],
    note,
  }))

/** Loading looks at everything it can reach, so several of its gates may fail; one behind a failed one may not pass. */
const loadingGates = (
  faults: readonly Finding[],
  divisions: readonly Finding[],
): readonly GateReport[] => {
  const gates: GateReport[] = []
  for (const name of LOADING) {
    const own = faults.filter(
      ({ code }) => (FAULTS as Record<string, { gate: string }>)[code]?.gate === name,
    )
    const failed = gates.find(({ status }) => status === 'failed')
    if (own.length === 0 && failed) {
      const note = `some expressions were not reached: ${failed.gate} failed`
      gates.push({ gate: name, status: 'skipped', findings: [], note })
    } else gates.push(gate(name, name === 'profile' ? [...own, ...divisions] : own))
  }
  return gates
}

const probeNote = (probed: readonly ProbedAction[]): string => {
  const total = probed.reduce((sum, { summary }) => sum + summary.probes, 0)
  const sampled = probed.some(({ summary }) => summary.sampled)
  return `${total} probes${sampled ? ', a sample: not every combination was tried' : ''}`
}

interface Comparison {
  readonly diff?: PolicyDiff
  readonly findings: readonly BareFinding[]
}

const comparison = (policy: LoadedPolicy, { against }: CheckOptions): Comparison | null => {
  if (against === undefined) return null
  const before = typeof against === 'string' ? loadPolicy(against) : against
  if (before instanceof Problem) {
    return { findings: [{ code: 'against-unreadable', pointer: '', message: before.detail }] }
  }
  const diff = diffPolicies(before, policy)
  const findings: BareFinding[] = diff.loosening.map(({ pointer, what }) => ({
    code: 'loosening',
    pointer,
    message: `${what}: two people must approve it`,
  }))
  if (before.name !== policy.name || before.domain !== policy.domain) {
    const names = `${before.name} (${before.domain}) and ${policy.name} (${policy.domain})`
    findings.push({ code: 'domain-changed', pointer: '/policy', message: `compares ${names}` })
  }
  return { diff, findings }
}
