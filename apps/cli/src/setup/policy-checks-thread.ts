import { parentPort } from 'node:worker_threads'
import { directPolicyChecks } from '@writ/commands'
import type { Answered, Asked } from './policy-checks.ts'

// Checking a policy takes tenths of a second to seconds of a core: here, so that decisions do not wait for it.
parentPort?.on('message', async ({ no, name, texts }: Asked) => {
  const answer = await answered(name, texts)
  parentPort?.postMessage({ no, ...answer } satisfies Answered)
})

const answered = async (
  name: Asked['name'],
  texts: readonly string[],
): Promise<Omit<Answered, 'no'>> => {
  try {
    const run = directPolicyChecks[name] as (...texts: readonly string[]) => Promise<unknown>
    return { result: await run(...texts) }
  } catch (fault) {
    return { fault: fault instanceof Error ? fault.message : String(fault) }
  }
}
