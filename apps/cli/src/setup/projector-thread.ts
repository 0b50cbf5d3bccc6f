import { parentPort, workerData } from 'node:worker_threads'
import { createLogger } from '@writ/observability'
import type { Config } from './config.ts'
import { openDatabase } from './open-database.ts'
import { projectorOf } from './projector.ts'

// The read models follow in a thread of their own: folding a long backlog would keep the API's thread from answering.
const config = workerData as Config
const logger = createLogger({ level: config.logLevel, name: 'projector' })
const database = await openDatabase(config)
const projector = projectorOf(database, {
  onFault: (fault, what) => logger.error({ err: fault }, `read models: ${what}`),
  onSwap: ({ name }, { ms }) =>
    logger.info({ projection: name, ms }, 'a rebuilt read model serves'),
})
projector.start()
parentPort?.once('message', async () => {
  await projector.stop()
  await database.close()
  parentPort?.close()
})
