import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildRuntime, localOperator, preparePartitions, type Runtime, readConfig } from '@writ/cli'
import { APP_ROLE, migrateUp, OWNER, openEmbeddedDatabase, stopEmbeddedHost } from '@writ/database'
import { parseEntry, type StoredEntry } from '@writ/event-log'
import { ATTACHMENTS, EVENTS, fixtures, RELEASED } from './fixtures.ts'
import { scenario } from './scenario.ts'

const START = Date.parse('2026-11-02T12:00:00Z')
const MINUTE_MS = 60_000

/**
 * Writes a fixture for whatever this release writes and has none yet: `node test/golden/main.ts TENANT`. What is there
 * stays, for its bytes are released. The tenant must be one that no fixture has: positions belong to a ledger.
 */
const run = async (tenant: string): Promise<void> => {
  const home = mkdtempSync(join(tmpdir(), 'writ-golden-'))
  let now = START
  const clock = { now: () => now }
  const owner = await openEmbeddedDatabase({ home, role: OWNER })
  const config = readConfig({ WRIT_HOME: home, WRIT_TENANT: tenant, WRIT_ORIGIN: 'writ.golden' })
  try {
    await migrateUp(owner)
    const runtime = buildRuntime(
      config,
      await openEmbeddedDatabase({ home, role: APP_ROLE }),
      clock,
    )
    await preparePartitions(runtime, Date.now())
    for (const [name, act] of scenario(runtime, owner, { advance: (ms) => (now += ms) })) {
      const before = await headOf(runtime)
      await act()
      await keep(runtime, name, before)
      now += MINUTE_MS
    }
    await runtime.close()
  } finally {
    await owner.close()
    await stopEmbeddedHost(home)
    rmSync(home, { recursive: true, force: true })
  }
}

const headOf = async ({ deps, config }: Runtime): Promise<number> =>
  (await deps.reader.head(localOperator(config).ledger))?.position ?? 0

const keep = async ({ deps, config }: Runtime, name: string, before: number): Promise<void> => {
  const { ledger } = localOperator(config)
  // An act may write several entries, of which each has an act of its own somewhere: kept is the one it is named for.
  const written = await deps.reader.page(ledger, before, 10)
  const wanted = name.split('.').slice(0, 2).join('.')
  const pairOf = (one: StoredEntry): string => {
    const { type, schema } = parseEntry(one)
    return `${type}.${schema}`
  }
  const stored = written.find((one) => pairOf(one) === wanted)
  if (stored === undefined) throw new Error(`${name} wrote ${written.map(pairOf).join(', ')}`)
  const { commitments = {} } = parseEntry(stored)
  if (existsSync(join(EVENTS, `${name}.json`))) return
  for (const commitment of Object.values(commitments)) {
    if ('sha256' in commitment) {
      const text = (await deps.reader.attachment(ledger, commitment.sha256)) as string
      writeFileSync(join(ATTACHMENTS, `${commitment.sha256}.json`), text)
    }
  }
  write(name, stored)
}

const write = (name: string, { hash, text }: StoredEntry): void => {
  // Never over one that is there.
  const path = join(EVENTS, `${name}.json`)
  writeFileSync(path, `${JSON.stringify({ hash, text }, null, 2)}\n`, { flag: 'wx' })
  appendFileSync(RELEASED, `${hash} ${name}\n`)
  process.stdout.write(`${name}\n`)
}

const [tenant] = process.argv.slice(2)
if (tenant === undefined || fixtures().some(({ entry }) => entry.ledger === `${tenant}/main`)) {
  process.stderr.write('usage: node test/golden/main.ts TENANT, one that no fixture has\n')
  process.exitCode = 2
} else {
  await run(tenant)
}
