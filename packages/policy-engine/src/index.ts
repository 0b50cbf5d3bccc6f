export { bindRequest } from './bind-request.ts'
export { CHANGE_CLASSES, type ChangeClass, changeClassOf } from './change-class.ts'
export { type CheckOptions, checkPolicy } from './check/check-policy.ts'
export { diffPolicies } from './check/diff-policies.ts'
export { FINDINGS, type FindingCode, type FindingKind } from './check/finding-codes.ts'
export { type Loosening, looseningOf } from './check/loosening.ts'
export type { PolicyDiff, SemanticChange, SemanticExample } from './check/policy-diff.ts'
export {
  type ActionProbes,
  CHECK_GATES,
  type CheckGate,
  type ConditionCount,
  type CoverageSummary,
  type Finding,
  type GateReport,
  type GateStatus,
  type PolicyCheckReport,
  type ProbeExample,
  type ProbeSummary,
  type Severity,
} from './check/report.ts'
export type { StructuralChange } from './check/structural-diff.ts'
export { decide, decideWithoutPolicy } from './decide.ts'
export { policyDocumentSchema } from './document-schema.ts'
export { isoDurationMs } from './duration.ts'
export {
  CHANGES_MAX,
  type CounterfactualOptions,
  type Counterfactuals,
  counterfactuals,
  RERUNS_MAX,
} from './explain/counterfactuals.ts'
export {
  type ExplainOptions,
  explainDecided,
  explainRecorded,
  explainWithoutPolicy,
} from './explain/explain-decided.ts'
export {
  AUDIENCES,
  type Audience,
  type Beyond,
  type Change,
  type Counterfactual,
  type CounterfactualTarget,
  type DecidedExplanation,
  type ExplainedAtom,
  type ExplainedCondition,
  type NearMiss,
  type Obstacle,
  type WhyNot,
} from './explain/explanation.ts'
export { whyNot } from './explain/why-not.ts'
export { limitOf } from './limit.ts'
export { loadPolicy } from './load-policy.ts'
export type { LoadedPolicy } from './loaded-policy.ts'
export { type CoverageGap, coverageGaps } from './policy-coverage.ts'
export type {
  ActionDocument,
  AssistDocument,
  BandDocument,
  EscalationDocument,
  FieldSchema,
  GuardrailDocument,
  ParamDocument,
  PolicyCard,
  PolicyDocument,
  RewardDocument,
  RuleDocument,
  StageDocument,
  TestDocument,
  VariantsDocument,
} from './policy-document.ts'
export {
  controlVariantOf,
  ENGINE,
  personalPointers,
  requestSchemaOf,
  variantsOf,
} from './policy-facts.ts'
export { compareVersions, parsePolicyReference, policyReference } from './policy-reference.ts'
export { runPolicyTests } from './policy-tests.ts'
export { judgeOutcome, rewardsOf } from './reward.ts'
export { type TraceOptions, trace } from './trace.ts'
export type {
  BoundRequest,
  Decided,
  DecideInput,
  EvidenceInput,
  Limit,
  PolicyFault,
  PolicyReference,
  PolicyTestRun,
  SubjectRef,
  TestFailure,
  Trace,
  TraceAtom,
  TracedCondition,
} from './types.ts'
export type { AutonomyLevel, Ceiling, Outcome, Verdict, Voice, VoiceKind, Word } from './words.ts'
