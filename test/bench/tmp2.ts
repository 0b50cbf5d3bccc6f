import { readFileSync } from 'node:fs'
import { entryTexts } from '@writ/event-log'
import type { LedgerName } from '@writ/kernel'
import pg from 'pg'
import { encodeParameter } from '../../packages/database/src/sql-parameter.ts'
import { appendStatement } from '../../packages/event-log/src/append-batch.ts'
import { benchEvent, newId, openBenchLedger, random, startRig } from './support/rig.ts'
const L = 'bench/main' as LedgerName
const rig = await startRig()
await openBenchLedger(rig.database, L)
let src = readFileSync('migrations/functions/append.sql', 'utf8').replace('create function', 'create or replace function')
src = src.replace('declare\n', "declare\n  t0 timestamptz := clock_timestamp(); tt text := '';\n")
src = src.replace(/^ {2}(select l\.ledger_no|select h\.position|perform from log|select coalesce\(max|select array_agg\(f\.position|if exists \(select from log\.cold_ids|select array_agg\(coalesce\(f\.revision|v_now := greatest|v_plain :=|if v_plain then|if v_accepted > 0 then|  insert into log\.entries|  select coalesce\(string_agg|  update log\.heads|control_epoch := )/gm, (m, g) => `tt := tt || ' ${g.trim().slice(0, 22).replaceAll("'", '')}=' || (extract(epoch from clock_timestamp()-t0)*1e6)::int; ${m}`)
src = src.replace('  return next;', "raise notice '%', tt; return next;")
await rig.owner.script(`set role writ_owner; ${src}; reset role`)
const DATA = { note: 'x'.repeat(300), amount: 1250, accepted: true }
const mk = () => { const id = newId(); const event = benchEvent({ id, type: 'Tested', stream: `order:${id}`, data: DATA }); return { append: { caller: 'x', events: [{ event, expectedRevision: 0, mac: random(16) }] }, texts: [entryTexts(L, event)], bytes: 800 } }
const c = new pg.Client({ connectionString: rig.url }); await c.connect()
let k = 0
c.on('notice', (m) => { if (k % 20 === 0) console.log(m.message) })
for (k = 1; k <= 80; k++) {
  const s = appendStatement(L, 'bench', Array.from({ length: Number(process.argv[2] ?? 1) }, mk), new Date().toISOString())
  const t0 = performance.now()
  await c.query({ name: s.name!, text: s.text, values: s.values!.map(encodeParameter) })
  if (k % 20 === 0) console.log('total', ((performance.now() - t0) * 1000) | 0)
}
await c.end()
await rig.stop()
