import { randomBytes } from 'node:crypto'
import { type Clock, uuidV7 } from '@writ/kernel'

export const systemClock: Clock = { now: () => Date.now() }

/** Milliseconds that never step back. */
export const monotonic = (): number => performance.now()

export const random = (bytes: number): Uint8Array => randomBytes(bytes)

/**
 * Fresh UUIDv7s of this process, rising: those of one millisecond count up in the 12 bits behind it (RFC 9562 §6.2,
 * method 1), so that indexes on ids grow at their right end.
 */
export const risingIds = (clock: Clock): (() => string) => {
  let lastMs = 0
  let count = 0
  const pool = new RandomPool()
  return () => {
    const now = clock.now()
    if (now > lastMs) {
      lastMs = now
      count = 0
    } else if (++count > 0xfff) {
      lastMs++
      count = 0
    }
    const bytes = pool.take(10)
    bytes[0] = count >> 8
    bytes[1] = count & 0xff
    return uuidV7(lastMs, bytes)
  }
}

/** Random bytes fetched in bulk: one system call for four hundred ids. */
class RandomPool {
  private bytes = Buffer.alloc(0)
  private at = 0

  take(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) {
      this.bytes = randomBytes(4_096)
      this.at = 0
    }
    this.at += count
    return this.bytes.subarray(this.at - count, this.at)
  }
}
