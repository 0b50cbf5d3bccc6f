import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { cacheDirectory } from './setup/cache-directory.ts'

// Before any of our other modules: some hundred files are stripped of their types and compiled once, not at each start.
const cache = cacheDirectory(process.env)
if (cache !== undefined) enableCompileCache(join(cache, 'modules'))

try {
  const { program } = await import('./program.ts')
  await program().parseAsync(process.argv)
} catch (fault) {
  const { report } = await import('./report-failure.ts')
  process.exitCode = report(fault)
}
