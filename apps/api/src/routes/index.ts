import type { Api, RouteDeps } from '../api.ts'
import { CLOUD_EVENT_BATCH_TYPE, CLOUD_EVENT_TYPE } from '../door/incoming-events.ts'
import { acceptJson, acceptPolicyText } from '../door/json-body.ts'
import { YAML_TYPES } from '../door/policy-text.ts'
import { activatePolicyRoute } from './activate-policy.route.ts'
import { appendEventsRoute } from './append-events.route.ts'
import { castVoteRoute } from './cast-vote.route.ts'
import { clearDriftAlarmRoute } from './clear-drift-alarm.route.ts'
import { diffPoliciesRoute } from './diff-policies.route.ts'
import { evaluateAccessesRoute, evaluateAccessRoute } from './evaluate-access.route.ts'
import { explainDecisionRoute } from './explain-decision.route.ts'
import { feedEventsRoute } from './feed-events.route.ts'
import { healthRoute } from './health.route.ts'
import { listEventsRoute } from './list-events.route.ts'
import { listPoliciesRoute } from './list-policies.route.ts'
import { makeDecisionRoute } from './make-decision.route.ts'
import { publishPolicyRoute } from './publish-policy.route.ts'
import { readControlsRoute } from './read-controls.route.ts'
import { readDecisionRoute } from './read-decision.route.ts'
import { readEventRoute } from './read-event.route.ts'
import { READ_MODEL_ROUTES } from './read-models.route.ts'
import { readOutcomesRoute } from './read-outcomes.route.ts'
import { readPolicyRoute } from './read-policy.route.ts'
import { readReviewRoute } from './read-review.route.ts'
import { listShadowsRoute, readShadowRoute } from './read-shadows.route.ts'
import { readyRoute } from './ready.route.ts'
import { recordOutcomeRoute } from './record-outcome.route.ts'
import { registerEventTypeRoute } from './register-event-type.route.ts'
import { revokePolicyRoute } from './revoke-policy.route.ts'
import { setActionFlagRoute } from './set-action-flag.route.ts'
import { setCeilingRoute } from './set-ceiling.route.ts'
import { setKillSwitchRoute } from './set-kill-switch.route.ts'
import { startShadowRoute } from './start-shadow.route.ts'
import { stopShadowRoute } from './stop-shadow.route.ts'
import { validatePolicyRoute } from './validate-policy.route.ts'
import { withdrawReviewRoute } from './withdraw-review.route.ts'

type Route = (api: Api, deps: RouteDeps) => Api

const JSON_ROUTES: readonly Route[] = [
  healthRoute,
  readyRoute,
  listEventsRoute,
  feedEventsRoute,
  readEventRoute,
  registerEventTypeRoute,
  makeDecisionRoute,
  readDecisionRoute,
  explainDecisionRoute,
  evaluateAccessRoute,
  evaluateAccessesRoute,
  recordOutcomeRoute,
  readOutcomesRoute,
  listPoliciesRoute,
  readPolicyRoute,
  diffPoliciesRoute,
  activatePolicyRoute,
  revokePolicyRoute,
  readReviewRoute,
  castVoteRoute,
  withdrawReviewRoute,
  startShadowRoute,
  stopShadowRoute,
  listShadowsRoute,
  readShadowRoute,
  setKillSwitchRoute,
  setCeilingRoute,
  clearDriftAlarmRoute,
  setActionFlagRoute,
  readControlsRoute,
  ...READ_MODEL_ROUTES,
]

/** Routes that take more than JSON live in a scope of their own, so that others answer 415 to those types. */
const CLOUD_EVENT_ROUTES: readonly Route[] = [appendEventsRoute]
const YAML_ROUTES: readonly Route[] = [publishPolicyRoute, validatePolicyRoute]

export const registerRoutes = async (api: Api, deps: RouteDeps): Promise<void> => {
  acceptJson(api, ['application/json'])
  for (const route of JSON_ROUTES) route(api, deps)
  await api.register(async (scope: Api) => {
    acceptJson(scope, [CLOUD_EVENT_TYPE, CLOUD_EVENT_BATCH_TYPE])
    for (const route of CLOUD_EVENT_ROUTES) route(scope, deps)
  })
  await api.register(async (scope: Api) => {
    acceptPolicyText(scope, YAML_TYPES)
    for (const route of YAML_ROUTES) route(scope, deps)
  })
}
