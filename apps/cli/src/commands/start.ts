import { createLogger } from '@writ/observability'
import { readConfig } from '../setup/config.ts'
import { unknownNames } from '../setup/unknown-names.ts'

/**
 * Runs Writ: database, API and background jobs in one process, until SIGTERM or SIGINT.
 *
 * The order is for speed: the embedded database takes longest and comes up in its own process, so it is asked for
 * before the server's parts are even loaded; those load, and the port opens, meanwhile.
 */
export const start = async (): Promise<void> => {
  const config = readConfig(process.env)
  for (const told of unknownNames(process.env)) process.stderr.write(`warning: ${told}\n`)
  const logger = createLogger({ level: config.logLevel, name: 'writ' })
  const { migrateBeforeStart, openDatabase } = await import('../setup/open-database.ts')
  const database = migrateBeforeStart(config).then((applied) => {
    if (applied.length > 0) logger.info({ applied }, 'migrations applied')
    return openDatabase(config)
  })
  // Its failure is told by whoever waits for it, not before somebody does.
  database.catch(() => {})
  const { serve } = await import('../setup/serve.ts')
  await serve({ config, logger, database })
}
