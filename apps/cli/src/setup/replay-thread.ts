import { parentPort, workerData } from 'node:worker_threads'
import { PageJudge, type ReplayJob, type ReplayPage } from '@writ/commands'

/** What a thread is told: a page to judge, or documents of policies it asked for. */
export type ToldThread =
  | { readonly page: ReplayPage }
  | { readonly policies: readonly (readonly [digest: string, text: string | undefined])[] }

// Nothing is read here: no database, no clock, no secret. A page that hangs can be ended with its thread.
const judge = new PageJudge(workerData as ReplayJob)
let page: ReplayPage = []
parentPort?.on('message', (told: ToldThread) => {
  if ('page' in told) page = told.page
  else for (const [digest, text] of told.policies) judge.learn(digest, text)
  parentPort?.postMessage(judge.judge(page))
})
