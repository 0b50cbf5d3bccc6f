import { StoreUnavailable } from '@writ/kernel'

/** An error that the database itself reported. `code` is the SQLSTATE. */
export interface SqlError extends Error {
  readonly code: string
  readonly severity?: string | undefined
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly where?: string | undefined
  readonly schema?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly constraint?: string | undefined
  readonly position?: string | undefined
}

/**
 * The connection failed, not the command. `outcome` tells what may have happened: `not-written` is certain (nothing was
 * sent, or the transaction cannot have committed); `unknown` means that the reply to a commit was lost.
 */
export class ConnectionFailure extends StoreUnavailable {
  /** SQLSTATE (`57P01` …) or the operating system's name (`ECONNREFUSED` …), where one was given. */
  readonly code: string | undefined

  constructor(outcome: 'not-written' | 'unknown', cause: unknown) {
    super(outcome, cause)
    this.name = 'ConnectionFailure'
    this.code = codeOf(cause)
    this.message = `the connection to the database failed (${outcome}): ${messageOf(cause)}`
  }
}

/** A command failed, the work went on, and COMMIT therefore rolled back. Nothing was written. */
export class TransactionRolledBack extends Error {
  readonly code = '25P02'

  constructor() {
    super(
      'the transaction was rolled back: a command in it failed and its error was swallowed; ' +
        'let the error reject the unit of work',
    )
    this.name = 'TransactionRolledBack'
  }
}

/** BEGIN was sent as a command of its own. It was rolled back, because no later command would have been inside. */
export class TransactionLeftOpen extends Error {
  constructor() {
    super('a command on the root opened a transaction; use `transaction(work)`')
    this.name = 'TransactionLeftOpen'
  }
}

export const isConnectionFailure = (error: unknown): error is ConnectionFailure =>
  error instanceof ConnectionFailure

export const isSqlError = (error: unknown): error is SqlError =>
  error instanceof Error &&
  !(error instanceof StoreUnavailable) &&
  SQLSTATE.test(codeOf(error) ?? '') &&
  'severity' in error

/** Five characters, of which the class (the first two) of an operating system error such as EPIPE is none. */
const SQLSTATE = /^(?!E[A-Z]{4}$)[0-9A-Z]{5}$/

export const codeOf = (error: unknown): string | undefined => {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join('; ')
  }
  return error instanceof Error ? error.message : String(error)
}
