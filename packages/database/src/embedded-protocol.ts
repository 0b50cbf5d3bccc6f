import type { SqlError } from './sql-errors.ts'
import type { EncodedParameter } from './sql-parameter.ts'

/** Raised when a message changes, so that processes of two releases on one directory tell each other instead of guessing. */
export const PROTOCOL_VERSION = 1

/** What a client asks of the host. `tx` numbers a transaction within its connection. */
export type HostRequest =
  | { readonly do: 'hello'; readonly version: number; readonly role: string }
  | {
      readonly do: 'run'
      readonly text: string
      readonly values: readonly EncodedParameter[]
      readonly tx?: number
    }
  | { readonly do: 'script'; readonly text: string; readonly tx?: number }
  | { readonly do: 'begin'; readonly tx: number }
  | { readonly do: 'commit'; readonly tx: number }
  | { readonly do: 'rollback'; readonly tx: number }
  | { readonly do: 'listen'; readonly channel: string }
  | { readonly do: 'unlisten'; readonly channel: string }
  /** Finish what is running, close cleanly and exit, although clients are connected. For tests and `writ doctor`. */
  | { readonly do: 'stop' }

export interface NumberedRequest {
  readonly id: number
  readonly request: HostRequest
}

/** Rows travel as arrays: column names once, not once a row. */
export interface HostResult {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
  readonly affectedRows?: bigint
}

export type HostError =
  | { readonly kind: 'sql'; readonly message: string; readonly fields: SqlErrorFields }
  /** COMMIT found the transaction failed. */
  | { readonly kind: 'rolled-back' }
  /** A command on the root opened a transaction. */
  | { readonly kind: 'left-open' }
  /** The data directory cannot be opened. */
  | { readonly kind: 'open-failed'; readonly message: string }
  /** Not begun: the host is about to exit. */
  | { readonly kind: 'closing' }
  | { readonly kind: 'refused'; readonly message: string; readonly code: string | undefined }

export type HostMessage =
  | { readonly id: number; readonly result: HostResult | undefined }
  | { readonly id: number; readonly error: HostError }
  | { readonly channel: string; readonly payload: string }

export const SQL_ERROR_FIELDS = [
  'code',
  'severity',
  'detail',
  'hint',
  'where',
  'schema',
  'table',
  'column',
  'constraint',
  'position',
] as const satisfies readonly (keyof SqlError)[]

export type SqlErrorFields = Readonly<Partial<Record<(typeof SQL_ERROR_FIELDS)[number], string>>>
