import { EventLog } from '@writ/event-log'
import type { LedgerName } from '@writ/kernel'
import { benchEvent, clock, drive, newId, openBenchLedger, random, startRig } from './support/rig.ts'
const L = 'bench/main' as LedgerName
const rig = await startRig()
await openBenchLedger(rig.database, L)
const DATA = { note: 'x'.repeat(300), amount: 1250, accepted: true }
let q = 0, ms = 0
const db = { ...rig.database, kind: 'server', notify: (c: string, p: string) => rig.database.notify(c, p), query: async (s: never) => { const t = performance.now(); try { return await rig.database.query(s) } finally { q++; ms += performance.now() - t } } }
const log = new EventLog({ database: db as never, clock })
for (let r = 0; r < 5; r++) {
  q = 0; ms = 0
  const cpu = process.cpuUsage()
  const { rate, count } = await drive(256, 2000, async (c) => {
    const id = newId()
    await log.append(L, { caller: `c${c}`, events: [{ event: benchEvent({ id, type: "Tested", stream: `order:${id}`, data: DATA }), expectedRevision: 0, mac: random(16) }] })
  })
  const u = process.cpuUsage(cpu)
  console.log(`${rate | 0}/s flushes ${q}, ${(count / q) | 0} per flush, query ${(ms / q).toFixed(2)} ms each (${(ms / count * 1000).toFixed(1)} us/event), in flight ${(ms / 20) | 0} %, node cpu ${((u.user + u.system) / 20000) | 0} %`)
}
await rig.stop()
