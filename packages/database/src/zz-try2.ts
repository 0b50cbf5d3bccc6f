import { rmSync } from 'node:fs'
const t0 = performance.now()
const { PGlite } = await import('@electric-sql/pglite')
const { vector } = await import('@electric-sql/pglite-pgvector')
console.log('import', performance.now() - t0)
const run = async (name: string, o: any) => {
  rmSync('/tmp/h1/pgx', { recursive: true, force: true })
  const t1 = performance.now()
  const p = await PGlite.create({ dataDir: '/tmp/h1/pgx', ...o })
  console.log(name, performance.now() - t1)
  await p.close()
}
const which = process.argv[2]
if (which === 'plain') await run('plain', { extensions: { vector } })
if (which === 'novec') await run('novec', {})
if (which === 'nosync') await run('nosync', { extensions: { vector }, initDbStartParams: ['--no-sync', '--no-instructions'] })
if (which === 'wal1') await run('wal1', { extensions: { vector }, initDbStartParams: ['--no-sync', '--no-instructions', '--wal-segsize=1'] })
if (which === 'mem') { const t1 = performance.now(); const p = await PGlite.create({ extensions: { vector } }); console.log('mem', performance.now() - t1) }
process.exit(0)
