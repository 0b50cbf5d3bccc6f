import type { LedgerName } from '@writ/kernel'
import { entryTexts } from '@writ/event-log'
import { appendStatement } from '../../packages/event-log/src/append-batch.ts'
import { benchEvent, newId, openBenchLedger, random, startRig } from './support/rig.ts'
import { PlainInsert } from './support/plain-insert.ts'
const L = 'bench/main' as LedgerName
const rig = await startRig()
await openBenchLedger(rig.database, L)
const DATA = { note: 'x'.repeat(300), amount: 1250, accepted: true }
const N = Number(process.argv[2] ?? 256)
const mk = () => { const id = newId(); const event = benchEvent({ id, type: 'Tested', stream: `order:${id}`, data: DATA }); return { append: { caller: 'x', events: [{ event, expectedRevision: 0, mac: random(16) }] }, texts: [entryTexts(L, event)], bytes: 800 } }
const plain = new PlainInsert(rig.owner)
const row = (id: string) => { const t = entryTexts(L, benchEvent({ id, type: 'Tested', stream: `order:${id}`, data: DATA })); return { stream: `order:${id}`, ...t } }
for (let r = 0; r < 6; r++) {
  const batches = Array.from({ length: 60 }, () => Array.from({ length: N }, mk))
  let t0 = performance.now()
  const stmts = batches.map((b) => appendStatement(L, 'bench', b, new Date().toISOString()))
  const enc = performance.now() - t0
  t0 = performance.now()
  for (const s of stmts) await rig.database.query(s)
  const q = performance.now() - t0
  const pb = plain.build(60, N, row)
  const ins = await plain.run(pb, N)
  console.log(`encode ${(enc / 60 / N * 1000).toFixed(1)} us/event, call ${(q / 60 / N * 1000).toFixed(1)} us/event (${(60 * N / q * 1000) | 0}/s), insert ${(1e6 / ins).toFixed(1)} us (${ins | 0}/s) ratio ${(60 * N / q * 1000 / ins).toFixed(2)}`)
}
await rig.stop()
