import { rm, stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Older than this, its holder has died: what is done under a lock takes milliseconds. Unit: ms. */
export const LOCK_AGE_MS_MAX = 15_000

/** Longer than a living holder takes, shorter than the patience of a stop. Unit: ms. */
const WAIT_MS_MAX = 5_000
const RETRY_MS = 15

/**
 * Runs `work` while no other process does, under a file that exists meanwhile. A holder that was killed is outlived;
 * should two processes notice that in the same moment both may run once, so it guards what may be done twice and should
 * not.
 *
 * @throws Error  somebody held it all the time
 */
export const alone = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  const until = performance.now() + WAIT_MS_MAX
  while (!(await taken(path))) {
    if (performance.now() > until) throw new Error(`another process holds ${path}`)
    await sleep(RETRY_MS)
  }
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

const taken = async (path: string): Promise<boolean> => {
  try {
    await writeFile(path, `${process.pid}\n`, { flag: 'wx', mode: 0o600 })
    return true
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'EEXIST') throw fault
  }
  const since = await stat(path).catch(() => undefined)
  if (since !== undefined && Date.now() - since.mtimeMs > LOCK_AGE_MS_MAX) {
    await rm(path, { force: true })
  }
  return false
}
