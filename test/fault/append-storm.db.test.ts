import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, it } from 'vitest'
import { attack, rewrite } from '../conformance/support/attacker.ts'
import { nextId, openTestLog, orders } from '../conformance/support/test-log.ts'
import { describeOnServer } from '../support/test-databases.ts'
import { stormVerdict } from './support/storm-verdict.ts'

const PROGRAM = join(import.meta.dirname, 'append-storm.ts')
const run = promisify(execFile)

describeOnServer('a storm of appends', (open) => {
  it('25: processes killed at random leave one linear chain with every acknowledged event in it', async () => {
    const { environment } = await open()
    const { stdout } = await run(process.execPath, [PROGRAM, '4'], {
      env: { ...process.env, ...environment },
    })
    const [, kills, acknowledged, entries] =
      /: (\d+) kills, (\d+) acknowledged, (\d+) entries, .*: every promise kept$/m.exec(stdout) ??
      []
    expect(Number(kills)).toBeGreaterThan(3)
    expect(Number(acknowledged)).toBeGreaterThan(500)
    expect(Number(entries)).toBeGreaterThan(Number(acknowledged))
  })

  it('25: its verdict sees a lost event and an altered one', async () => {
    const opened = await open()
    const log = await openTestLog(opened.database)
    const events = orders(3)
    await log.append(events)
    const directory = mkdtempSync(join(inject('testDatabases').scratch, 'storm-'))
    const acknowledge = (name: string, ids: readonly string[]) =>
      writeFileSync(join(directory, name), ids.map((id) => `${id}\n`).join(''))
    const verdict = () => stormVerdict(opened.database, log.ledger, directory)
    acknowledge(
      'one',
      events.map(({ event }) => event.id),
    )
    expect(await verdict()).toMatchObject({ entries: 4, acknowledged: 3, faults: [] })
    acknowledge('two', [nextId()])
    expect((await verdict()).faults).toEqual([expect.stringContaining('1 acknowledged events are')])
    await attack(opened.owner, log, (target) => rewrite(target, 2, ['"no":1', '"no":9']))
    expect((await verdict()).faults).toHaveLength(2)
  })
})
