import { categoryOf } from '@writ/event-log'
import type { JsonObject, JsonValue, LedgerName } from '@writ/kernel'
import type { FoldedEvent } from '@writ/projector'

export const NOON = '2026-12-02T12:00:00.000Z'
export const LEDGER = 'acme/main' as LedgerName
export const DIGEST = `sha256:${'d'.repeat(64)}`

const MINUTE_MS = 60_000

/** A fixed UUID for each number. */
export const uuid = (no: number): string =>
  `01920000-0000-7000-8000-${no.toString(16).padStart(12, '0')}`

export const minutesAfterNoon = (minutes: number): string =>
  new Date(Date.parse(NOON) + minutes * MINUTE_MS).toISOString()

/** An event before it has its place. */
export type Told = Pick<FoldedEvent, 'type' | 'stream' | 'data'> & Partial<FoldedEvent>

/** The events as a ledger holds them, in this order. Ids are those of the positions unless told otherwise. */
export const historyOf = (told: readonly Told[]): readonly FoldedEvent[] =>
  told.map((event, i) => {
    const occurredAt = event.occurredAt ?? NOON
    return {
      actor: { type: 'person', id: 'ada' },
      correlationId: uuid(1),
      id: uuid(0xe000 + i),
      ledger: LEDGER,
      occurredAt,
      prev: '0'.repeat(64),
      recordedAt: occurredAt,
      revision: 1,
      schema: 1,
      v: 1,
      category: categoryOf(event.stream),
      ...event,
      position: i + 1,
    }
  })

export interface ToldDecision {
  readonly id: string
  readonly at?: string
  readonly recordedAt?: string
  readonly domain?: string
  readonly action?: string
  readonly subject?: { readonly type: string; readonly id: string }
  readonly request?: JsonObject
  readonly outcome?: string
  readonly level?: string
  readonly needed?: string | null
  readonly codes?: readonly string[]
  readonly policy?: {
    readonly name: string
    readonly version: string
    readonly digest: string
  } | null
  readonly variant?: string | null
  readonly assignmentReason?: string
  readonly mode?: string
}

export const FINANCE = { name: 'finance-constitution', version: '1.1.0', digest: DIGEST }

export const decisionMade = (told: ToldDecision): Told => {
  const at = told.at ?? NOON
  const outcome = told.outcome ?? 'approved'
  const variant = told.variant === undefined ? 'A' : told.variant
  const inputs: Record<string, JsonValue> = {
    domain: told.domain ?? 'finance',
    action: told.action ?? 'discount',
    request: told.request ?? { discount: 0.08, margin: 0.31 },
    subject: told.subject ?? { type: 'customer', id: 'c-42' },
    at,
    control: { epoch: 0, counter: 3, systemCounter: 0, caps: [] },
    policy: told.policy === undefined ? FINANCE : told.policy,
    variant:
      variant === null
        ? null
        : {
            id: variant,
            mode: 'fixed',
            reason: told.assignmentReason ?? 'no-weights',
            propensity: 1,
            propensities: { [variant]: 1 },
            weightsVersion: 0,
          },
    ...(told.mode === undefined ? {} : { mode: told.mode }),
  }
  const decided: JsonObject = {
    outcome,
    autonomyLevel: told.level ?? (outcome === 'approved' ? 'AL2' : 'AL0'),
    neededLevel: told.needed === undefined ? 'AL2' : told.needed,
    codes: told.codes ?? ['WITHIN_BAND'],
    voices: [],
    values: { rules: {}, bands: {} },
    ceilings: [],
    effectiveAt: outcome === 'approved' ? at : null,
    obligations: [],
  }
  return {
    id: told.id,
    type: 'DecisionMade',
    stream: `decision:${told.id}`,
    data: { inputs, decided, engine: { name: 'e', version: '1', source: 's', tzdata: 't', ms: 1 } },
    occurredAt: at,
    recordedAt: told.recordedAt ?? at,
    actor: { type: 'key', id: 'checkout' },
  }
}

export interface ToldOutcome {
  readonly id?: string
  readonly decisionId: string
  readonly metric?: string
  readonly values?: JsonObject
  readonly revision?: number
  readonly retract?: boolean
  readonly occurredAt?: string
  readonly recordedAt?: string
}

export const outcomeRecorded = (told: ToldOutcome): Told => ({
  ...(told.id === undefined ? {} : { id: told.id }),
  type: 'OutcomeRecorded',
  stream: `outcome:${told.decisionId}`,
  data: {
    decisionId: told.decisionId,
    metric: told.metric ?? 'won',
    values: told.values ?? { won: true, margin: 0.3 },
    revision: told.revision ?? 1,
    ...(told.retract === true ? { retract: true } : {}),
  },
  occurredAt: told.occurredAt ?? NOON,
  recordedAt: told.recordedAt ?? told.occurredAt ?? NOON,
})
