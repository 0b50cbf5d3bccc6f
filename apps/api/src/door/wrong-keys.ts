import type { Clock } from '@writ/kernel'

/** From this many wrong keys in a minute on, an address is told to wait. Unit: keys. A worn-out deployment with an old
 *  key makes some dozens; nobody guesses 256 bits at any rate, this only spares the database and the log. */
export const WRONG_KEYS_PER_MINUTE = 200

/** Addresses remembered at once. Unit: addresses. About 1 MiB; the oldest go first, which only forgives them. */
export const ADDRESSES_MAX = 10_000

const WINDOW_MS = 60_000

export interface WrongKeys {
  /** Counts one wrong key of an address; whole seconds to wait when it is over the limit. */
  count(address: string): number | undefined
}

export const wrongKeys = (clock: Clock): WrongKeys => {
  const windows = new Map<string, { readonly startedAt: number; wrong: number }>()
  return {
    count(address) {
      const now = clock.now()
      let window = windows.get(address)
      if (window === undefined || now - window.startedAt >= WINDOW_MS) {
        window = { startedAt: now, wrong: 0 }
        // Deleted first, so that the map stays in order of age.
        windows.delete(address)
        windows.set(address, window)
        if (windows.size > ADDRESSES_MAX) windows.delete(windows.keys().next().value as string)
      }
      window.wrong++
      if (window.wrong < WRONG_KEYS_PER_MINUTE) return undefined
      return Math.max(1, Math.ceil((window.startedAt + WINDOW_MS - now) / 1000))
    },
  }
}
