import {
  ActivationPath,
  ActivationQuery,
  Activations,
  Autonomy,
  AutonomyQuery,
  ControlHistory,
  ControlHistoryQuery,
  DecisionList,
  DecisionQuery,
  DriftAlarms,
  DriftQuery,
  EntityPath,
  Features,
  FeaturesQuery,
  OutcomeClocks,
  OutcomeHistory,
  OutcomePath,
  ReviewQuery,
  Reviews,
  VariantPath,
  VariantQuery,
  VariantStatistics,
} from '@writ/contracts'
import {
  activationsOf,
  autonomyMix,
  controlHistory,
  decisionsBy,
  driftAlarms,
  featuresOf,
  outcomesOfDecision,
  reviewsBy,
  variantStats,
} from '@writ/projections'
import type { Api, RouteDeps } from '../api.ts'
import { readModelRoute } from '../http/read-model-route.ts'

/** Cursors are called `after` on every list of the API; read models call theirs a cursor. */
const paged = <Query extends { readonly after?: string }>({
  after,
  ...query
}: Query): Omit<Query, 'after'> & { readonly cursor?: string } => ({
  ...query,
  ...(after === undefined ? {} : { cursor: after }),
})

export const listDecisionsRoute = (api: Api, deps: RouteDeps): Api =>
  readModelRoute(api, deps, {
    url: '/decisions',
    scope: 'decisions:read',
    projection: 'decisions',
    tag: 'decisions',
    summary: 'Search decisions, the newest first',
    problems: ['cursor-invalid'],
    querystring: DecisionQuery,
    reply: DecisionList,
    read: async ({ sql, caller, query: { subject, ...query } }) => {
      if (subject === undefined) return decisionsBy(sql, caller.ledger, paged(query))
      const named = await deps.useCases.storedSubject(caller, subject)
      return decisionsBy(sql, caller.ledger, { ...paged(query), subject: named })
    },
  })

export const readOutcomeHistoryRoute = (api: Api, deps: RouteDeps): Api =>
  readModelRoute(api, deps, {
    url: '/outcomes/:decisionId/history',
    scope: 'outcomes:read',
    projection: 'outcomes',
    tag: 'outcomes',
    summary: 'The outcomes of a decision as of a time, as known at a time',
    querystring: OutcomeClocks,
    params: OutcomePath,
    reply: OutcomeHistory,
    read: ({ sql, caller, query, path }) =>
      outcomesOfDecision(sql, caller.ledger, {
        ...query,
        decisionId: path.decisionId.toLowerCase(),
      }),
  })

export const readVariantsRoute = (api: Api, deps: RouteDeps): Api =>
  readModelRoute(api, deps, {
    url: '/variants/:policy',
    scope: 'policies:read',
    projection: 'variant-stats',
    tag: 'policies',
    summary: 'What came of each variant of a policy',
    querystring: VariantQuery,
    params: VariantPath,
    reply: VariantStatistics,
    read: ({ sql, caller, query, path, now }) =>
      variantStats(sql, caller.ledger, { ...query, policy: path.policy, asOf: query.asOf ?? now }),
  })

export const readFeaturesRoute = (api: Api, deps: RouteDeps): Api =>
  readModelRoute(api, deps, {
    url: '/entities/:type/:id/features',
    scope: 'decisions:read',
    projection: 'entity-features',
    tag: 'entities',
    summary: 'Counts, sums and rates of one entity, by window of days',
    querystring: FeaturesQuery,
    params: EntityPath,
    reply: Features,
    read: async ({ sql, caller, query, path, now }) => {
      const entity = await deps.useCases.storedSubject(caller, `${path.type}:${path.id}`)
      const features = await featuresOf(sql, caller.ledger, { entity, asOf: query.asOf ?? now })
      // The caller's own id goes back, not the one that stands for it in the log.
      return 'windows' in features
        ? { ...features, entity: { type: path.type, id: path.id } }
        : features
    },
  })

export const readAutonomyRoute = (api: Api, deps: RouteDeps): Api =>
  readModelRoute(api, deps, {
    url: '/autonomy',
    scope: 'decisions:read',
    projection: 'autonomy',
    tag: 'decisions',
    summary: 'How decisions spread over levels and outcomes, by hour or day',
    querystring: AutonomyQuery,
    reply: Autonomy,
    read: ({ sql, caller, query }) => autonomyMix(sql, caller.ledger, query),
  })

export const listActivationsRoute = (api: Api, deps: RouteDeps): Api =>
  readModelRoute(api, deps, {
    url: '/activations/:domain',
    scope: 'policies:read',
    projection: 'policies',
    tag: 'policies',
    summary: 'Which policy governed a domain, and until when',
    problems: ['cursor-invalid'],
    querystring: ActivationQuery,
    params: ActivationPath,
    reply: Activations,
    read: ({ sql, caller, query, path }) =>
      activationsOf(sql, caller.ledger, path.domain, paged(query)),
  })

export const listControlsRoute = (api: Api, deps: RouteDeps): Api =>
  readModelRoute(api, deps, {
    url: '/controls/history',
    scope: 'controls:read',
    projection: 'controls',
    tag: 'controls',
    summary: 'Every change of a control, the newest first',
    problems: ['cursor-invalid'],
    querystring: ControlHistoryQuery,
    reply: ControlHistory,
    read: ({ sql, caller, query }) => controlHistory(sql, caller.ledger, paged(query)),
  })

export const listReviewsRoute = (api: Api, deps: RouteDeps): Api =>
  readModelRoute(api, deps, {
    url: '/reviews',
    scope: 'reviews:read',
    projection: 'reviews',
    tag: 'reviews',
    summary: 'Human work, open and closed, the newest first',
    problems: ['cursor-invalid'],
    querystring: ReviewQuery,
    reply: Reviews,
    read: ({ sql, caller, query }) => reviewsBy(sql, caller.ledger, paged(query)),
  })

export const listDriftAlarmsRoute = (api: Api, deps: RouteDeps): Api =>
  readModelRoute(api, deps, {
    url: '/drift',
    scope: 'controls:read',
    projection: 'drift',
    tag: 'controls',
    summary: 'Drift alarms, open and cleared, the newest first',
    problems: ['cursor-invalid'],
    querystring: DriftQuery,
    reply: DriftAlarms,
    read: ({ sql, caller, query }) => driftAlarms(sql, caller.ledger, paged(query)),
  })

export const READ_MODEL_ROUTES = [
  listDecisionsRoute,
  readOutcomeHistoryRoute,
  readVariantsRoute,
  readFeaturesRoute,
  readAutonomyRoute,
  listActivationsRoute,
  listControlsRoute,
  listReviewsRoute,
  listDriftAlarmsRoute,
]
