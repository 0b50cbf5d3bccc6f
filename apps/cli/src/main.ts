import { program } from './program.ts'
import { report } from './report-failure.ts'

try {
  await program().parseAsync(process.argv)
} catch (fault) {
  process.exitCode = report(fault)
}
