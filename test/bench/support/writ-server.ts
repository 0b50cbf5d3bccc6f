import { buildServer } from '@writ/api'
import {
  buildRuntime,
  installShippedPolicies,
  must,
  openDatabase,
  openLedgers,
  readConfig,
} from '@writ/cli'
import { createLogger } from '@writ/observability'

// Writ as `start` runs it: the same runtime and the same server; only the line per request is not written.
const config = readConfig({ ...process.env, WRIT_TENANT: 'bench' })
const runtime = buildRuntime(config, await openDatabase(config))
await openLedgers(runtime)
await installShippedPolicies(runtime)
const api = await buildServer({
  useCases: runtime.useCases,
  authenticate: (token) => runtime.keys.authenticate(token),
  readModels: runtime.database,
  config: { profile: config.profile },
  logger: createLogger({ level: config.logLevel }),
})
const issued = must(
  await runtime.keys.issueKey({
    tenant: 'bench',
    name: 'bench',
    kind: 'key',
    scopes: ['decisions:write'],
  }),
)
const url = await api.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${JSON.stringify({ url, token: issued.token })}\n`)
process.on('SIGTERM', () => process.exit(0))
