export { bindRequest } from './bind-request.ts'
export { decide, decideWithoutPolicy } from './decide.ts'
export { policyDocumentSchema } from './document-schema.ts'
export { isoDurationMs } from './duration.ts'
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
