import { FAULTS, type FaultCode } from '../fault-codes.ts'
import type { CheckGate, Severity } from './report.ts'

export interface FindingKind {
  readonly gate: CheckGate
  readonly severity: Severity
  /** What is wrong, in one sentence. */
  readonly says: string
}

const catalogue = <Code extends string>(kinds: Readonly<Record<Code, FindingKind>>) => kinds

const OWN = catalogue({
  'test-failed': {
    gate: 'tests',
    severity: 'error',
    says: 'A golden test is decided otherwise than it expects.',
  },
  'no-tests': { gate: 'tests', severity: 'error', says: 'The policy has no golden tests.' },
  'second-engine-refuses': {
    gate: 'engines',
    severity: 'error',
    says: 'The second CEL engine does not take an expression.',
  },
  'engines-differ': {
    gate: 'engines',
    severity: 'error',
    says: 'The two CEL engines give a condition, a derived value or the decision different values.',
  },
  'coverage-not-firing': {
    gate: 'coverage',
    severity: 'error',
    says: 'No golden test leaves a guardrail or rule unfired.',
  },
  'coverage-firing': {
    gate: 'coverage',
    severity: 'error',
    says: 'No golden test makes a guardrail or rule fire.',
  },
  'coverage-band': {
    gate: 'coverage',
    severity: 'error',
    says: 'No golden test needs the level of a band.',
  },
  'rules-overlap': {
    gate: 'probes',
    severity: 'error',
    says: 'Two rules match one input although hit is unique.',
  },
  'never-fires': {
    gate: 'probes',
    severity: 'warning',
    says: 'A guardrail or rule fires on no probe, or a band matches none.',
  },
  'always-fires': {
    gate: 'probes',
    severity: 'warning',
    says: 'A guardrail or rule fires on every probe.',
  },
  'band-never-needed': {
    gate: 'probes',
    severity: 'warning',
    says: 'A band is never the lowest that matches: a lower one always does, too.',
  },
  'rule-shadowed': {
    gate: 'probes',
    severity: 'warning',
    says: 'A rule never decides an outcome: whenever it fires something stricter speaks.',
  },
  'bands-not-nested': {
    gate: 'probes',
    severity: 'warning',
    says: 'A wider band refuses what a narrower one accepts.',
  },
  'condition-errs': {
    gate: 'probes',
    severity: 'warning',
    says: 'A condition or derived value cannot be evaluated on an input that fits the schema.',
  },
  'integer-division': {
    gate: 'profile',
    severity: 'warning',
    says: 'An integer division drops the remainder: 7 / 2 is 3.',
  },
  'band-always-matches': {
    gate: 'probes',
    severity: 'note',
    says: 'A band matches every probe.',
  },
  'errs-when-missing': {
    gate: 'probes',
    severity: 'note',
    says: 'A condition errs, as it must, where a feature or evidence is missing.',
  },
  'rules-contradict': {
    gate: 'probes',
    severity: 'note',
    says: 'One rule approves what another denies; the stricter wins.',
  },
  'first-match': {
    gate: 'probes',
    severity: 'note',
    says: 'The order of the rules decides: hit is first.',
  },
  'card-missing': { gate: 'card', severity: 'error', says: 'The policy has no card.' },
  'card-incomplete': {
    gate: 'card',
    severity: 'error',
    says: 'The card says nothing about something that it must.',
  },
  loosening: {
    gate: 'diff',
    severity: 'note',
    says: 'A change loosens a guardrail or raises a ceiling: two people must approve it.',
  },
  'against-unreadable': {
    gate: 'diff',
    severity: 'error',
    says: 'The version to compare with does not load.',
  },
  'domain-changed': {
    gate: 'diff',
    severity: 'warning',
    says: 'The policy is compared with one of another name or domain.',
  },
})

export type FindingCode = FaultCode | keyof typeof OWN

/** Every code that a check may report. Closed; docs/reference/policy-check.md lists the same. */
export const FINDINGS: Readonly<Record<FindingCode, FindingKind>> = {
  ...(Object.fromEntries(
    Object.entries(FAULTS).map(([code, fault]) => [code, { ...fault, severity: 'error' }]),
  ) as Readonly<Record<FaultCode, FindingKind>>),
  ...OWN,
}
