import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'
import { CENSORED, withoutSecrets, withoutTokens } from './secrets.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
export type Logger = PinoLogger

export interface LoggerOptions {
  readonly level: LogLevel
  /** Name of the process in each line: `api`, `worker`. */
  readonly name?: string
  /** Default: standard output, written at once. */
  readonly destination?: DestinationStream
}

/**
 * One JSON object a line. What looks like a secret is replaced before it is written, by field name and by the shape of
 * a token; personal data has no place in a line at all, which no filter can ensure: log ids that Writ issued.
 */
export const createLogger = ({ level, name, destination }: LoggerOptions): Logger =>
  pino(
    {
      level,
      ...(name === undefined ? {} : { name }),
      // The machine's name and process id are known to whoever collects the lines.
      base: name === undefined ? null : { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => withoutSecrets(fields),
      },
      redact: { paths: [...REDACTED_PATHS], censor: CENSORED },
      serializers: { err: errorFields, error: errorFields },
      hooks: { streamWrite: withoutTokens },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  )

/** Whole header sets, and the names that the bindings of a child could hold: pino runs no formatter over those. */
const REDACTED_PATHS = [
  ...['req.headers', 'res.headers', 'headers'],
  ...[
    'authorization',
    'cookie',
    '["x-internal-token"]',
    'token',
    'secret',
    'password',
    'pepper',
    'apiKey',
  ],
] as const

/** Depth of `cause` that is written. Unit: errors. A pool error over a driver error over a socket error has three. */
const CAUSES_MAX = 3

/**
 * Type, code, message and stack, and nothing else that hangs on the error: drivers attach whole queries with their
 * parameters, HTTP clients whole requests with their keys.
 */
const errorFields = (error: unknown, depth = CAUSES_MAX): object | string => {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : typeof error
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  return {
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: error.message,
    stack: error.stack,
    ...(cause === undefined || depth === 0 ? {} : { cause: errorFields(cause, depth - 1) }),
  }
}
