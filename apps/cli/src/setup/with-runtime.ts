import type { CommandContext } from '@writ/commands'
import type { Clock } from '@writ/kernel'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { type Config, readConfig } from './config.ts'
import { openDatabase } from './open-database.ts'
import { buildRuntime, localOperator, type Runtime } from './runtime.ts'
import { random, systemClock } from './system-clock.ts'

/** Runs a command over its own connection; beside a running server on the embedded database it shares that one's. */
export const withRuntime = async <T>(
  work: (runtime: Runtime) => Promise<T>,
  options: { readonly clock?: Clock; readonly config?: Config } = {},
): Promise<T> => {
  const config = options.config ?? readConfig(process.env)
  const runtime = buildRuntime(config, await openDatabase(config), options.clock ?? systemClock)
  try {
    return await work(runtime)
  } finally {
    await runtime.close()
  }
}

/**
 * Who a command acts as: the holder of WRIT_API_KEY, or in development the local operator. In production nobody acts
 * without a name of their own.
 */
export const operatorContext = async (runtime: Runtime): Promise<CommandContext> => {
  const idempotencyKey = `cli-${Buffer.from(random(16)).toString('hex')}`
  const { config, keys } = runtime
  if (config.apiKey !== undefined) {
    const caller = await keys.authenticate(config.apiKey)
    if (caller === undefined)
      throw new CommandFailed(EXIT.usage, 'WRIT_API_KEY is not a valid key of this installation.')
    return { caller, idempotencyKey }
  }
  if (config.profile === 'production') {
    throw new CommandFailed(
      EXIT.usage,
      'In production set WRIT_API_KEY, so that the log can name who acted.',
    )
  }
  return { caller: localOperator(config), idempotencyKey }
}
