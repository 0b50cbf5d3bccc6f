import {
  type ControlEvent,
  type DriftEvent,
  effectiveOutcome,
  NO_CONTROLS,
  NO_DRIFT,
  NO_VERSIONS,
  type OutcomeRecorded,
  type OutcomeVersion,
  type PolicyStreamEvent,
  type ReviewEvent,
  type ReviewState,
  type ShadowRunEvent,
  type ShadowRunState,
  upcast,
  withControl,
  withDriftEvent,
  withPolicyEvent,
  withReviewEvent,
  withShadowEvent,
} from '@writ/domain'
import type { Entry } from '@writ/event-log'
import type { JsonObject } from '@writ/kernel'
import type { Fixture } from './fixtures.ts'

const CONTROLS = new Set([
  ...['KillSwitchSet', 'ActionFlagSet', 'CeilingSet'],
  ...['PolicyVersionActivated', 'PolicyVersionRevoked'],
])

/** What commands fold for themselves, read as they read it. */
export const statesOf = (stored: readonly Fixture[]): Record<string, JsonObject> => {
  const entries = stored.map(({ entry }) => upcast(entry))
  const states = {
    controlState: controlState(entries),
    policyHistory: policyHistory(entries),
    outcomeHistory: outcomeHistory(entries),
    reviews: reviewStates(entries),
    drift: driftState(entries),
    shadowRuns: shadowStates(entries),
  }
  return plain(states)
}

const reviewStates = (entries: readonly Entry[]) => {
  const streams = new Set(entries.map(({ stream }) => stream).filter((one) => /^review:/.test(one)))
  return Object.fromEntries(
    [...streams].map((stream) => [
      stream,
      entries
        .filter((entry) => entry.stream === stream)
        .reduce<ReviewState | undefined>(
          (state, { type, data }) =>
            withReviewEvent(state, { type, data } as unknown as ReviewEvent),
          undefined,
        ) ?? null,
    ]),
  )
}

const shadowStates = (entries: readonly Entry[]) => {
  const own = entries.filter(({ stream }) => stream.startsWith('shadow:'))
  return Object.fromEntries(
    [...new Set(own.map(({ stream }) => stream))].map((stream) => [
      stream,
      own
        .filter((entry) => entry.stream === stream)
        .reduce<ShadowRunState | undefined>(
          (state, { type, data }) =>
            withShadowEvent(state, { type, data } as unknown as ShadowRunEvent),
          undefined,
        ) ?? null,
    ]),
  )
}

const driftState = (entries: readonly Entry[]) => {
  const { cleared, ...state } = entries
    .filter(({ stream }) => stream === 'drift:service')
    .reduce(
      (before, { type, data }) => withDriftEvent(before, { type, data } as unknown as DriftEvent),
      NO_DRIFT,
    )
  return { ...state, cleared: [...cleared] }
}

const controlState = (entries: readonly Entry[]) =>
  entries
    .filter(({ type }) => CONTROLS.has(type))
    .reduce(
      (state, { type, data }, i) =>
        withControl(state, i + 1, { type, data } as unknown as ControlEvent),
      NO_CONTROLS,
    )

const policyHistory = (entries: readonly Entry[]) =>
  entries
    .filter(({ stream }) => stream === 'policy:refunds')
    .reduce(
      (history, { type, data, position, recordedAt, actor }) =>
        withPolicyEvent(history, { type, data } as unknown as PolicyStreamEvent, {
          ...{ position, at: recordedAt },
          by: actor.id,
        }),
      NO_VERSIONS,
    )

const outcomeHistory = (entries: readonly Entry[]) => {
  const history = entries
    .filter(({ type }) => type === 'OutcomeRecorded')
    .map(
      ({ id, occurredAt, position, data }): OutcomeVersion => ({
        ...(data as unknown as OutcomeRecorded),
        ...{ id, occurredAt, position },
      }),
    )
  const decisions = [...new Set(history.map(({ decisionId }) => decisionId))]
  return {
    history,
    effective: decisions.map(
      (decision) =>
        effectiveOutcome(
          history.filter(({ decisionId }) => decisionId === decision),
          'kept',
        ) ?? null,
    ),
  }
}

/** Maps as lists of pairs, so that a file can hold them. */
const plain = (states: Readonly<Record<string, unknown>>): Record<string, JsonObject> =>
  JSON.parse(JSON.stringify(states, (_, value) => (value instanceof Map ? [...value] : value)))
