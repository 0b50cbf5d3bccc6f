import { entryTexts } from '@writ/event-log'
import type { LedgerName } from '@writ/kernel'
import { appendStatement } from '../../packages/event-log/src/append-batch.ts'
import { benchEvent, newId, openBenchLedger, random, startRig } from './support/rig.ts'
const L = 'bench/main' as LedgerName
const rig = await startRig()
await openBenchLedger(rig.database, L)
const DATA = { note: 'x'.repeat(300), amount: 1250, accepted: true }
const mk = () => { const id = newId(); const event = benchEvent({ id, type: 'Tested', stream: `order:${id}`, data: DATA }); return { append: { caller: 'x', events: [{ event, expectedRevision: 0, mac: random(16) }] }, texts: [entryTexts(L, event)], bytes: 800 } }
const run = async (name: string, ledger: string, n: number) => {
  const st = Array.from({ length: 60 }, () => appendStatement(ledger as LedgerName, 'bench', Array.from({ length: n }, mk), new Date().toISOString()))
  const ts: number[] = []
  for (const s of st) { const t = performance.now(); await rig.database.query(s); ts.push(performance.now() - t) }
  ts.sort((a, b) => a - b)
  console.log(name, n, 'p50', ts[30]!.toFixed(2), 'p10', ts[6]!.toFixed(2), 'p90', ts[54]!.toFixed(2), 'ms;', (ts[30]! / n * 1000).toFixed(1), 'us/event')
}
for (let r = 0; r < 2; r++) for (const n of [128, 256]) {
  await run('unknown ledger', 'bench/none', n)
  await run('append fsync', L, n)
  await rig.owner.script("alter system set synchronous_commit = off"); await rig.owner.script('select pg_reload_conf()'); await new Promise((r) => setTimeout(r, 300))
  await run('append async ', L, n)
  await rig.owner.script("alter system set synchronous_commit = on"); await rig.owner.script('select pg_reload_conf()'); await new Promise((r) => setTimeout(r, 300))
}
await rig.stop()
