import { upcast } from '@writ/domain'
import type { Projection } from '@writ/projector'
import { autonomyProjection } from './autonomy/autonomy.projection.ts'
import { controlsProjection } from './controls/controls.projection.ts'
import { decisionsProjection } from './decisions/decisions.projection.ts'
import { driftProjection } from './drift/drift.projection.ts'
import { entityFeaturesProjection } from './entity-features/entity-features.projection.ts'
import { outcomesProjection } from './outcomes/outcomes.projection.ts'
import { policiesProjection } from './policies/policies.projection.ts'
import { reviewsProjection } from './reviews/reviews.projection.ts'
import { shadowsProjection } from './shadows/shadows.projection.ts'
import { variantStatsProjection } from './variant-stats/variant-stats.projection.ts'

export {
  AUTONOMY_PERIODS_MAX,
  type AutonomyAsked,
  type AutonomyMix,
  type AutonomyPeriod,
  autonomyMix,
} from './autonomy/autonomy.queries.ts'
export {
  type ControlChange,
  type ControlHistoryFilter,
  type ControlsInForce,
  controlHistory,
  controlsInForce,
} from './controls/controls.queries.ts'
export {
  type DecisionFilter,
  decisionsBy,
  type ListedDecision,
} from './decisions/decisions.queries.ts'
export {
  type CountedWindow,
  type CountedWindows,
  DRIFT_ALARM_STATES,
  type DriftAlarmFilter,
  type DriftAsked,
  type DriftWindows,
  decisionsAfter,
  driftAlarms,
  driftWindows,
  type ListedDriftAlarm,
} from './drift/drift.queries.ts'
export {
  dayOfEntity,
  type EntityFeatures,
  type FeatureCounts,
  type FeaturesAsked,
  type FeatureWindow,
  featuresOf,
  WINDOW_DAYS,
} from './entity-features/entity-features.queries.ts'
export {
  type ListedOutcome,
  type OutcomeFilter,
  type OutcomesAsked,
  type OutcomesOfDecision,
  type OutcomeVersionView,
  outcomesBy,
  outcomesOfDecision,
} from './outcomes/outcomes.queries.ts'
export {
  type Activation,
  type ActivationFilter,
  activationsOf,
  DUE_ACTIVATIONS_MAX,
  type DueActivation,
  dueActivations,
  type ListedPolicy,
  type PolicyFilter,
  policiesBy,
} from './policies/policies.queries.ts'
export {
  dueReviews,
  type ListedReview,
  REVIEW_STATES,
  type ReviewFilter,
  type ReviewVote,
  reviewsBy,
} from './reviews/reviews.queries.ts'
export {
  type ListedShadow,
  runningShadows,
  SHADOW_DIFFERENCES_MAX,
  SHADOW_STATES,
  type ShadowCounts,
  type ShadowDifference,
  type ShadowFilter,
  type ShadowState,
  shadowCounts,
  shadowsBy,
} from './shadows/shadows.queries.ts'
export { type Listed, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, type PageRequest } from './shared/page.ts'
export {
  type VariantCounts,
  type VariantStats,
  type VariantStatsAsked,
  variantStats,
} from './variant-stats/variant-stats.queries.ts'

/** Every read model, in the order in which they are listed. Each folds today's shape of an event, whoever wrote it. */
export const PROJECTIONS: readonly Projection[] = [
  decisionsProjection,
  outcomesProjection,
  variantStatsProjection,
  controlsProjection,
  policiesProjection,
  autonomyProjection,
  entityFeaturesProjection,
  reviewsProjection,
  driftProjection,
  shadowsProjection,
].map((model: Projection) => ({ ...model, upcast }))
