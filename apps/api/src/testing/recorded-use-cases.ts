import type { UseCases } from '@writ/commands'
import type { Problem } from '@writ/kernel'

type Name = keyof UseCases

export interface Call {
  readonly name: Name
  readonly args: readonly unknown[]
}

export type Replies = { readonly [K in Name]?: Awaited<ReturnType<UseCases[K]>> | Problem | Error }

export const HASH = 'ab'.repeat(32)
export const DIGEST = `sha256:${HASH}`
export const EVENT_ID = '01920000-0000-7000-8000-000000000001'
export const DECISION_ID = '01920000-0000-7000-8000-00000000d001'

/**
 * Use cases that remember what they were asked and answer what a test wants. For the edge alone (parsing, headers,
 * statuses): what a use case does is tested with the use case.
 */
export const recordedUseCases = (
  replies: Replies = {},
): { readonly useCases: UseCases; readonly calls: Call[] } => {
  const calls: Call[] = []
  const all: Record<string, unknown> = { ...DEFAULT_REPLIES, ...replies }
  const useCases = Object.fromEntries(
    Object.keys(DEFAULT_REPLIES).map((name) => [
      name,
      async (...args: unknown[]) => {
        calls.push({ name: name as Name, args })
        const reply = all[name]
        if (reply instanceof Error) throw reply
        return reply
      },
    ]),
  )
  return { useCases: useCases as unknown as UseCases, calls }
}

const POLICY = {
  name: 'finance-constitution',
  version: '1.1.0',
  domain: 'finance',
  digest: DIGEST,
  status: 'validated',
  variants: ['A', 'B'],
  publishedAt: '2026-03-01T12:00:00.000Z',
  publishedBy: '01920000-0000-7000-8000-0000000000aa',
  position: 7,
} as const

export const APPENDED = {
  id: EVENT_ID,
  type: 'DiscountRequested',
  stream: 'customer:c-42',
  revision: 1,
  position: 42,
  hash: HASH,
} as const

export const DECISION = {
  id: DECISION_ID,
  domain: 'finance',
  action: 'discount',
  subject: { type: 'customer', id: 'c-42' },
  mode: 'live',
  outcome: 'approved',
  autonomyLevel: 'AL2',
  neededLevel: 'AL2',
  effectiveAt: '2026-03-01T12:00:00.000Z',
  codes: ['WITHIN_BAND'],
  reasons: [{ kind: 'rule', id: 'within-band', code: 'WITHIN_BAND', message: 'within the band' }],
  policy: {
    name: 'finance-constitution',
    version: '1.1.0',
    variant: 'B',
    ref: 'finance-constitution@1.1.0.B',
    digest: DIGEST,
  },
  assignment: {
    mode: 'bandit',
    reason: 'weights',
    propensity: 0.62,
    propensities: { A: 0.38, B: 0.62 },
    weightsVersion: 7,
  },
  degraded: [],
  latencyMs: 1.9,
  log: { ledger: 'acme/main', position: 42, hash: HASH, prev: HASH },
} as const

export const REVIEW = {
  ...{ id: DECISION_ID, status: 'open', kind: 'decision', digest: DIGEST, about: {} },
  ...{ domain: 'finance', action: 'discount', subject: null, decisionId: DECISION_ID },
  path: 'cfo',
  asked: { stage: 0, of: 1, roles: ['cfo'], quorum: 1, due: '2026-03-02T12:00:00.000Z' },
  ...{ exclude: [], requestedBy: EVENT_ID, openedAt: '2026-03-01T12:00:00.000Z' },
  ...{ votes: [], closed: null, position: 43, you: { mayVote: true } },
} as const

export const SHADOW_RUN = {
  ...{ id: EVENT_ID, status: 'running', domain: 'finance', from: 41, severity: 'testing' },
  candidate: { name: 'finance-constitution', version: '1.1.0', variant: 'B', digest: DIGEST },
  live: { name: 'finance-constitution', version: '1.0.0', digest: DIGEST },
  ...{ until: '2026-03-08T12:00:00.000Z', startedBy: EVENT_ID, ended: null },
} as const

const DEFAULT_REPLIES: { readonly [K in Name]: unknown } = {
  storedSubject: { type: 'customer', id: EVENT_ID },
  appendEvents: { ledger: 'acme/main', events: [APPENDED], replayed: false },
  listEvents: { events: [], head: 42 },
  eventById: { id: EVENT_ID, ledger: 'acme/main' },
  registerEventType: { digest: DIGEST, position: 9, replayed: false },
  makeDecision: { decision: DECISION, replayed: false, totalMs: 2.5 },
  decisionById: DECISION,
  explainDecision: { id: DECISION_ID },
  recordOutcome: { decisionId: DECISION_ID, metric: 'won', replayed: false },
  outcomesOf: { decisionId: DECISION_ID, outcomes: [] },
  validatePolicy: { valid: true },
  policyDiff: { structural: [] },
  publishPolicy: { ...POLICY, replayed: false },
  listPolicies: [POLICY],
  policyByReference: { ...POLICY, document: { policy: 'finance-constitution' } },
  activatePolicy: { ...POLICY, status: 'active', replayed: false },
  activateDue: null,
  revokePolicy: { ...POLICY, status: 'revoked', replayed: false },
  reviewById: REVIEW,
  castVote: { review: REVIEW, replayed: false },
  withdrawReview: { review: REVIEW, replayed: false },
  expireReview: null,
  startShadow: { run: SHADOW_RUN, replayed: false },
  stopShadow: { run: SHADOW_RUN, replayed: false },
  setCeiling: { status: 'set', position: 13, counter: 5, replayed: false },
  setKillSwitch: { status: 'set', position: 11, counter: 3, replayed: false },
  setActionFlag: { status: 'set', position: 12, counter: 4, replayed: false },
  checkDrift: { judgement: { verdict: 'steady' } },
  clearDriftAlarm: {
    ...{ alarmId: EVENT_ID, domain: 'finance', status: 'cleared', position: 14, replayed: false },
  },
  controls: { killSwitch: { state: 'off' } },
  ready: { ready: true, checks: { database: { ok: true, detail: 'answers' } } },
}
