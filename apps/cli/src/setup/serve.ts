import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { buildServer } from '@writ/api'
import { SCOPES } from '@writ/commands'
import type { Database } from '@writ/database'
import type { Logger } from '@writ/observability'
import { AnchorJob } from '@writ/worker'
import { print } from '../output.ts'
import {
  installShippedPolicies,
  must,
  openLedgers,
  preparePartitions,
  readShippedPolicies,
} from './bootstrap.ts'
import type { Config } from './config.ts'
import { driftJob } from './drift-job.ts'
import { dueJob } from './due-job.ts'
import { issueKey } from './issue-key.ts'
import { threadedPolicyChecks } from './policy-checks.ts'
import { runProjector } from './run-projector.ts'
import { runShadow } from './run-shadow.ts'
import { buildRuntime, type Runtime } from './runtime.ts'
import { StartGate } from './start-gate.ts'
import { systemClock } from './system-clock.ts'

/** How long a stop may take before the process ends anyway. Nothing acknowledged is lost either way. Unit: ms. */
const STOP_MS_MAX = 10_000
const KEY_PARTITION_INTERVAL_MS = 3_600_000

interface Serving {
  readonly config: Config
  readonly logger: Logger
  /** Comes up, migrated. */
  readonly database: Promise<Database>
}

/** Opens the port at once and the doors when the database is up; returns when everything runs. */
export const serve = async ({ config, logger, database }: Serving): Promise<void> => {
  const gate = new StartGate()
  const api = await buildServer({
    useCases: gate.useCases,
    authenticate: gate.authenticate,
    readModels: gate.readModels,
    hints: gate.hints,
    config: { profile: config.profile },
    logger,
  })
  let runtime: Runtime | undefined
  try {
    const address = await api.listen({ host: config.host, port: config.port })
    if (config.profile === 'development') await warmUp()
    const policyChecks = threadedPolicyChecks()
    runtime = buildRuntime(config, await database, systemClock, { policyChecks })
    const devKey = await prepare(runtime)
    gate.open(runtime)
    const stopJobs = startJobs(runtime, logger)
    greet(config, address, devKey)
    const { close } = runtime
    stopOnSignal(logger, async () => {
      await api.close()
      await stopJobs()
      await policyChecks.close()
      await close()
    })
  } catch (fault) {
    // Open connections would keep a process alive that serves nobody.
    await api.close()
    await (runtime ?? (await database.catch(() => undefined)))?.close()
    throw fault
  }
}

/** Policies are read while the database comes up: the first one costs a fifth of a second, later ones a hundredth. */
const warmUp = async (): Promise<void> => {
  // Whoever asks for /health meanwhile gets an answer in between.
  for (const read of readShippedPolicies()) {
    read()
    await nextTurn()
  }
}

const prepare = async (runtime: Runtime): Promise<DevelopmentKey | undefined> => {
  await preparePartitions(runtime, systemClock.now())
  await openLedgers(runtime)
  if (runtime.config.profile !== 'development') return undefined
  await installShippedPolicies(runtime)
  return developmentKey(runtime)
}

/** Starts what runs beside the API; returns how to end it. */
const startJobs = (runtime: Runtime, logger: Logger): (() => Promise<void>) => {
  const anchors = anchorJob(runtime, logger)
  anchors.start()
  const partitions = setInterval(() => {
    preparePartitions(runtime, systemClock.now()).catch((fault) =>
      logger.error({ err: fault }, 'key partitions'),
    )
  }, KEY_PARTITION_INTERVAL_MS).unref()
  const stopProjector = runProjector(runtime.config, logger)
  const stopShadow = runShadow(runtime.config, logger)
  const due = dueJob(runtime, logger)
  const drift = driftJob(runtime, logger)
  return async () => {
    clearInterval(partitions)
    await due.stop()
    await drift?.stop()
    await anchors.stop()
    await stopShadow()
    await stopProjector()
  }
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
