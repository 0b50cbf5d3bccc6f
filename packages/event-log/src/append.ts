import type { JsonObject } from '@writ/kernel'
import type { NewEvent } from './entry.ts'

/** Epoch and counter of the ledger's control state, and the counter of `system/control`, as a decider folded them. */
export interface ControlToken {
  readonly epoch: number
  readonly counter: number
  readonly systemCounter: number
}

export interface SealedValue {
  readonly eventId: string
  readonly pointer: string
  readonly keyId: string
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
}

/** One use of a counted limit: at most `max` in the window that starts at `windowStart`. */
export interface LimitUse {
  readonly name: string
  readonly windowStart: string
  readonly max: number
}

/** One event of an append with what must hold of its stream. */
export interface EventToAppend {
  readonly event: NewEvent
  /** Events of the stream before this append, as the caller has folded it: 0 = must not exist yet, 'exists' = any. */
  readonly expectedRevision?: number | 'exists'
  /** Keyed digest (16 bytes) of the producer's request: the same id with another one is `id-reused`. */
  readonly mac?: Uint8Array
}

/** Events that are written together or not at all, and every condition they hang on. */
export interface Append {
  readonly events: readonly EventToAppend[]
  /** Who asked; the committer shares its batches fairly among these. */
  readonly caller: string
  /** 16-byte digests: which request (tenant, route, key), and what it said. */
  readonly idempotency?: { readonly key: Uint8Array; readonly fingerprint: Uint8Array }
  readonly control?: ControlToken
  /** Streams only read, with the revision they must still have. */
  readonly reads?: readonly { readonly stream: string; readonly revision: number }[]
  readonly limit?: LimitUse
  readonly sealed?: readonly SealedValue[]
  /** Subject keys that must still exist, whether or not a value is sealed under them now. */
  readonly keyIds?: readonly string[]
  /** Canonical JSON texts of values that the entries name by digest. */
  readonly attachments?: readonly string[]
  readonly registers?: readonly {
    readonly type: string
    readonly schema: number
    readonly digest: string
    readonly document: JsonObject
  }[]
}

export interface AppendedPlace {
  readonly position: number
  readonly revision: number
  /** Lower-case hex. */
  readonly hash: string
  readonly prev: string
}

/**
 * What became of an append. Only `appended` wrote anything; it is durable when the caller sees it.
 *
 * - duplicate: the same request was stored before, from `firstPosition` on
 * - key-reused, id-reused: the key or an event id belongs to another request
 * - stale-control: a control moved; fold again and decide again
 * - stale-key: a subject's key is destroyed
 * - conflict: a stream is not at the expected revision; `actual` has one number an event
 * - over-limit: the window of the limit is used up
 */
export type AppendResult =
  | {
      readonly status: 'appended'
      readonly recordedAt: string
      readonly places: readonly AppendedPlace[]
    }
  | { readonly status: 'duplicate'; readonly firstPosition: number }
  | { readonly status: 'conflict'; readonly actual: readonly number[] }
  | {
      readonly status:
        | 'key-reused'
        | 'id-reused'
        | 'stale-control'
        | 'stale-key'
        | 'over-limit'
        | 'unknown-ledger'
    }
