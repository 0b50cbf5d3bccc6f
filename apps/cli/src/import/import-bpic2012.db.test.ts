import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { describeOnEmbedded } from '../../../../test/support/test-databases.ts'
import { openLedgers, preparePartitions } from '../setup/bootstrap.ts'
import { readConfig } from '../setup/config.ts'
import { buildRuntime, localOperator } from '../setup/runtime.ts'
import { systemClock } from '../setup/system-clock.ts'
import { importLoanLog } from './import-bpic2012.ts'

const BUNDLED = new URL('../../../../examples/inputs/loan-events.csv', import.meta.url)

describeOnEmbedded('the progress of an import', (open) => {
  it('ends at the number of events, and not before the last one, gzipped or not', async () => {
    const { database } = await open()
    const scratch = mkdtempSync(join(tmpdir(), 'writ-import-'))
    const config = readConfig({ WRIT_HOME: scratch })
    const runtime = buildRuntime(config, database)
    await preparePartitions(runtime, systemClock.now())
    await openLedgers(runtime)
    const text = readFileSync(BUNDLED)
    for (const packed of [text, gzipSync(text)]) {
      const file = join(scratch, 'loan-events')
      writeFileSync(file, packed)
      const told: (readonly [number, number])[] = []
      const context = { caller: localOperator(config) }
      const { events } = await importLoanLog(runtime, context, {
        file,
        onProgress: (done, of) => told.push([done, of]),
      })
      expect(told.length).toBeGreaterThan(1)
      expect(told.at(-1)).toEqual([events, events])
      for (const [done, of] of told.slice(0, -1)) expect(done).toBeLessThan(of)
    }
  })
})
