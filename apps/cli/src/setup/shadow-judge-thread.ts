import { parentPort, workerData } from 'node:worker_threads'
import { type ReplayPage, type ShadowJob, ShadowJudge } from '@writ/commands'

// Nothing is read here: no database, no clock, no secret. A candidate that hangs is ended with its thread. Each
// judgement is told as soon as it is there, so that one that hangs takes none of those before it along.
const judge = new ShadowJudge(workerData as ShadowJob)
parentPort?.on('message', (items: ReplayPage) => {
  for (const item of items) parentPort?.postMessage(judge.judge(item))
})
parentPort?.postMessage('ready')
