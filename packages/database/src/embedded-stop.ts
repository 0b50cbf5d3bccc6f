import { setTimeout as sleep } from 'node:timers/promises'
import { HostClient } from './embedded-client.ts'
import { isHeld, lockPath, readLock } from './embedded-lock.ts'

const RETRY_MS = 10

/** Returns when the lock is free. */
export const stopHost = async (home: string): Promise<void> => {
  const path = lockPath(home)
  for (;;) {
    const holder = readLock(path)
    if (holder === undefined || !isHeld(path, holder)) return
    try {
      const client = await HostClient.open(
        holder.socket,
        () => {},
        () => {},
      )
      await client.request({ do: 'stop' }, 'unknown').catch(() => {})
      await client.closed
    } catch {
      await sleep(RETRY_MS)
    }
  }
}
