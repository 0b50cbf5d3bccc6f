import type { ProblemCode } from './problem-codes.ts'

/** One bad place of a request: an RFC 6901 pointer into the body and what was expected there. */
export interface ProblemPlace {
  readonly pointer: string
  readonly message: string
}

/** Typed extras that the wire form shows beside the standard members. */
export interface ProblemFields {
  readonly errors?: readonly ProblemPlace[]
  readonly retryAfterSeconds?: number
  readonly [field: string]: unknown
}

/**
 * A command that Writ refuses. Problems are returned, never thrown: the signature of a command tells what may be
 * refused. A `Problem` carries no stack; a defect (a bug, a lost database) is thrown instead.
 *
 * `detail` is one sentence with the values, what was expected and what to do next. It never holds a secret or a
 * personal value: it is logged and sent.
 */
export class Problem {
  readonly code: ProblemCode
  readonly detail: string
  readonly fields: ProblemFields

  constructor(code: ProblemCode, detail: string, fields: ProblemFields = {}) {
    this.code = code
    this.detail = detail
    this.fields = fields
  }
}

/**
 * The store could not tell the result. `not-written` is certain; `unknown` means the write may be durable: repeat with
 * the same event ids or the same Idempotency-Key, never with new ones.
 */
export class StoreUnavailable extends Error {
  readonly outcome: 'not-written' | 'unknown'

  constructor(outcome: 'not-written' | 'unknown', cause: unknown) {
    super(`the log store did not answer (${outcome})`, { cause })
    this.name = 'StoreUnavailable'
    this.outcome = outcome
  }
}
