import { setCeiling } from './control/set-ceiling.command.ts'
import { controls, setActionFlag, setKillSwitch } from './control/set-control.command.ts'
import { explainDecision } from './decision/explain-decision.query.ts'
import { makeDecision } from './decision/make-decision.command.ts'
import { decisionById } from './decision/read-decision.query.ts'
import type { Deps } from './deps.ts'
import { checkDrift } from './drift/check-drift.command.ts'
import { clearDriftAlarm } from './drift/clear-alarm.command.ts'
import { appendEvents } from './event/append-events.command.ts'
import { eventById, listEvents } from './event/read-events.query.ts'
import { registerEventType } from './event/register-event-type.command.ts'
import { outcomesOf, recordOutcome } from './outcome/record-outcome.command.ts'
import { activateDue } from './policy/activate-due.command.ts'
import { activatePolicy } from './policy/activate-policy.command.ts'
import { policyDiff } from './policy/diff-policies.query.ts'
import { publishPolicy } from './policy/publish-policy.command.ts'
import { listPolicies, policyByReference } from './policy/read-policies.query.ts'
import { revokePolicy } from './policy/revoke-policy.command.ts'
import { validatePolicy } from './policy/validate-policy.query.ts'
import { castVote } from './review/cast-vote.command.ts'
import { expireReview, withdrawReview } from './review/end-review.command.ts'
import { reviewById } from './review/read-review.query.ts'
import { stopShadow } from './shadow/end-shadow.command.ts'
import { startShadow } from './shadow/start-shadow.command.ts'
import { storedSubject } from './shared/personal-data.ts'
import type { ReadyReport, UseCases } from './use-cases.ts'

/** All use cases over one set of dependencies; `ready` is the app's own, since it knows what it depends on. */
export const createUseCases = (deps: Deps, ready: () => Promise<ReadyReport>): UseCases => ({
  storedSubject: ({ tenant }, subject) => storedSubject(deps, tenant, subjectIn(subject)),
  appendEvents: appendEvents(deps),
  listEvents: listEvents(deps),
  eventById: eventById(deps),
  registerEventType: registerEventType(deps),
  makeDecision: makeDecision(deps),
  decisionById: decisionById(deps),
  explainDecision: explainDecision(deps),
  recordOutcome: recordOutcome(deps),
  outcomesOf: outcomesOf(deps),
  validatePolicy: validatePolicy(deps),
  policyDiff: policyDiff(deps),
  publishPolicy: publishPolicy(deps),
  listPolicies: listPolicies(deps),
  policyByReference: policyByReference(deps),
  activatePolicy: activatePolicy(deps),
  activateDue: activateDue(deps),
  revokePolicy: revokePolicy(deps),
  reviewById: reviewById(deps),
  castVote: castVote(deps),
  withdrawReview: withdrawReview(deps),
  expireReview: expireReview(deps),
  startShadow: startShadow(deps),
  stopShadow: stopShadow(deps),
  setKillSwitch: setKillSwitch(deps),
  setActionFlag: setActionFlag(deps),
  setCeiling: setCeiling(deps),
  controls: controls(deps),
  checkDrift: checkDrift(deps),
  clearDriftAlarm: clearDriftAlarm(deps),
  ready,
})

/** `type:id`, as streams and queries write it. */
const subjectIn = (text: string): { readonly type: string; readonly id: string } => {
  const colon = text.indexOf(':')
  return { type: text.slice(0, colon), id: text.slice(colon + 1) }
}
