import { importLoanLog } from '../import/import-bpic2012.ts'
import { type OutputOptions, print, printJson } from '../output.ts'
import { progress } from '../progress.ts'
import { openLedgers, preparePartitions } from '../setup/bootstrap.ts'
import { readConfig } from '../setup/config.ts'
import { migrateBeforeStart } from '../setup/open-database.ts'
import { systemClock } from '../setup/system-clock.ts'
import { operatorContext, withRuntime } from '../setup/with-runtime.ts'

export interface ImportOptions extends OutputOptions {
  readonly tenant?: string
}

export const importBpic2012 = async (
  file: string,
  { json, tenant }: ImportOptions,
): Promise<void> => {
  const config = readConfig({
    ...process.env,
    ...(tenant === undefined ? {} : { WRIT_TENANT: tenant }),
  })
  await migrateBeforeStart(config)
  await withRuntime(
    async (runtime) => {
      await preparePartitions(runtime, systemClock.now())
      await openLedgers(runtime)
      const context = await operatorContext(runtime)
      const bar = progress('import', json === true)
      const started = performance.now()
      const report = await importLoanLog(runtime, context, {
        file,
        onProgress: bar.update,
      })
      bar.stop()
      const seconds = (performance.now() - started) / 1000
      const { ledger } = context.caller
      if (json) return printJson({ ledger, ...report, seconds })
      print(
        `${report.events} events read, ${report.added} added to ${ledger} in ${seconds.toFixed(1)} s (${Math.round(report.events / seconds)}/s)`,
      )
      if (report.added < report.events) print(`${report.events - report.added} were stored before.`)
    },
    { config },
  )
}
