import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SCOPES } from '@writ/commands'
import { createLogger, type Logger } from '@writ/observability'
import { AnchorJob } from '@writ/worker'
import { print } from '../output.ts'
import { installShippedPolicies, must, openLedgers, preparePartitions } from '../setup/bootstrap.ts'
import { type Config, readConfig } from '../setup/config.ts'
import { issueKey } from '../setup/issue-key.ts'
import { migrateBeforeStart, openDatabase } from '../setup/open-database.ts'
import { buildRuntime, type Runtime } from '../setup/runtime.ts'
import { systemClock } from '../setup/system-clock.ts'

/** How long a stop may take before the process ends anyway. Nothing acknowledged is lost either way. Unit: ms. */
const STOP_MS_MAX = 10_000
const KEY_PARTITION_INTERVAL_MS = 3_600_000

/** Runs Writ: database, API and background jobs in one process, until SIGTERM or SIGINT. */
export const start = async (): Promise<void> => {
  const config = readConfig(process.env)
  const logger = createLogger({ level: config.logLevel, name: 'writ' })
  // The database comes up in its own process; the server's parts load meanwhile.
  const api = import('@writ/api')
  const applied = await migrateBeforeStart(config)
  if (applied.length > 0) logger.info({ applied }, 'migrations applied')
  const runtime = buildRuntime(config, await openDatabase(config))
  try {
    await serve(runtime, logger, await api)
  } catch (fault) {
    // Open connections would keep a process alive that serves nobody.
    await runtime.close()
    throw fault
  }
}

const serve = async (
  runtime: Runtime,
  logger: Logger,
  { buildServer }: typeof import('@writ/api'),
): Promise<void> => {
  const { config } = runtime
  await preparePartitions(runtime, systemClock.now())
  await openLedgers(runtime)
  if (config.profile === 'development') await installShippedPolicies(runtime)
  const devKey = config.profile === 'development' ? await developmentKey(runtime) : undefined

  const api = await buildServer({
    useCases: runtime.useCases,
    authenticate: (token) => runtime.keys.authenticate(token),
    config: { profile: config.profile },
    logger,
  })
  const address = await api.listen({ host: config.host, port: config.port })
  const anchors = anchorJob(runtime, logger)
  anchors.start()
  const partitions = setInterval(() => {
    preparePartitions(runtime, systemClock.now()).catch((fault) =>
      logger.error({ err: fault }, 'key partitions'),
    )
  }, KEY_PARTITION_INTERVAL_MS).unref()
  greet(config, address, devKey)

  stopOnSignal(logger, async () => {
    clearInterval(partitions)
    await api.close()
    await anchors.stop()
    await runtime.close()
  })
}

interface DevelopmentKey {
  readonly token: string
  readonly isNew: boolean
}

/** Issued once and shown once; kept in a file that only its owner can read, for the README's commands. */
const developmentKey = async (runtime: Runtime): Promise<DevelopmentKey> => {
  const { keys, config } = runtime
  const path = join(config.home, 'key')
  const kept = existsSync(path) ? readFileSync(path, 'utf8').trim() : ''
  // A key of another database in the same home opens nothing here.
  if (kept !== '' && (await keys.authenticate(kept)) !== undefined)
    return { token: kept, isNew: false }
  const { token } = must(
    await issueKey(runtime, {
      tenant: config.tenant,
      name: 'development',
      kind: 'key',
      scopes: [...SCOPES],
    }),
  )
  mkdirSync(config.home, { recursive: true, mode: 0o700 })
  writeFileSync(path, `${token}\n`, { mode: 0o600 })
  return { token, isNew: true }
}

const anchorJob = (runtime: Runtime, logger: Logger): AnchorJob =>
  new AnchorJob({
    reader: runtime.deps.reader,
    clock: systemClock,
    origin: runtime.config.origin,
    file: runtime.config.anchorFile,
    onFault: (fault) =>
      logger.error({ err: fault }, 'the size and root of a ledger could not be written outside'),
  })

const greet = (config: Config, address: string, devKey: DevelopmentKey | undefined): void => {
  print(`Writ listens on ${address} (API description: ${address}/docs)`)
  if (config.databaseUrl === undefined) {
    print(
      `Embedded database under ${config.home}: safe against a killed process, not against power loss. Set DATABASE_URL for production.`,
    )
  }
  if (devKey?.isNew)
    print(`Development key, shown once and kept in ${join(config.home, 'key')}:\n  ${devKey.token}`)
  if (devKey !== undefined) {
    print(
      `Try it:\n  curl -s -H "Authorization: Bearer $(cat ${join(config.home, 'key')})" ${address}/controls`,
    )
  }
}

const stopOnSignal = (logger: Logger, stop: () => Promise<void>): void => {
  let stopping = false
  const onSignal = (signal: string): void => {
    if (stopping) return
    stopping = true
    logger.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), STOP_MS_MAX).unref()
    stop().then(
      () => process.exit(0),
      (fault) => {
        logger.error({ err: fault }, 'the stop failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  // A defect nobody caught: the state of the process is unknown, so it ends; what was acknowledged is durable.
  process.on('unhandledRejection', (fault) => {
    logger.fatal({ err: fault }, 'unhandled rejection')
    process.exit(1)
  })
}
