import type { ChangeClass } from '@writ/policy-engine'
import { DIGEST, FINANCE, minutesAfterNoon, type Told, uuid } from '../shared/history.fixture.ts'

export const CANDIDATE = {
  ...{ name: 'finance-constitution', version: '1.2.0', variant: 'B' },
  digest: `${DIGEST.slice(0, -1)}c`,
}

export const shadowStarted = (no: number, over: object = {}): Told => ({
  type: 'ShadowRunStarted',
  stream: `shadow:${uuid(no)}`,
  data: {
    ...{ runId: uuid(no), domain: 'finance', candidate: CANDIDATE, live: FINANCE, from: 0 },
    ...{ until: minutesAfterNoon(600), severity: 'testing', startedBy: 'ada', ...over },
  },
  occurredAt: minutesAfterNoon(no),
})

export const shadowEnded = (no: number, because: string, reason: string | null = null): Told => ({
  type: 'ShadowRunEnded',
  stream: `shadow:${uuid(no)}`,
  data: { runId: uuid(no), because, at: 9, liveDigest: FINANCE.digest, reason },
  occurredAt: minutesAfterNoon(10),
  actor: { type: 'person', id: 'bo' },
})

interface Evaluated {
  readonly run: number
  readonly decision: number
  readonly class?: ChangeClass
  readonly verdict?: object | null
  readonly error?: { readonly kind: string; readonly code: string } | null
  readonly after?: number
}

export const VERDICT = {
  ...{ outcome: 'escalated', autonomyLevel: 'AL0', neededLevel: null, codes: ['NO_BAND'] },
}

/** Of the decision at position `decision`, which has that number. */
export const shadowEvaluated = (told: Evaluated): Told => ({
  type: 'ShadowEvaluated',
  stream: `decision:${uuid(told.decision)}`,
  data: {
    runId: uuid(told.run),
    ...{ decisionId: uuid(told.decision), position: told.decision, after: told.after ?? 0 },
    candidate: { digest: CANDIDATE.digest, variant: 'B' },
    ...{ enforced: false, severity: 'testing', class: told.class ?? 'same' },
    live: { outcome: 'approved', autonomyLevel: 'AL2' },
    verdict: (told.verdict === undefined
      ? { ...VERDICT, outcome: 'approved', autonomyLevel: 'AL2' }
      : told.verdict) as null,
    ...{ error: told.error ?? null, changed: told.class === undefined ? [] : ['band AL2'] },
  },
})
