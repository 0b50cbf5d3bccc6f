import { hash as digest } from 'node:crypto'

interface Peak {
  readonly leaves: number
  readonly hash: Buffer
}

const NODE = Buffer.of(0x01)

/**
 * The right edge of an RFC 6962 tree: enough to take further leaves and to tell the root, in log2(size) hashes.
 * Leaves are the entries' hashes themselves, SHA-256(0x00 ‖ entry); inner nodes SHA-256(0x01 ‖ left ‖ right).
 */
export class MerkleFrontier {
  /** Perfect subtrees from the largest to the smallest; their sizes are the bits of `size`. */
  private readonly peaks: Peak[] = []
  private leaves = 0

  /** The tree of a known size, from its peaks: 32 bytes each, the largest first, one for each bit of the size. */
  static of(size: number, peaks: Uint8Array): MerkleFrontier {
    const frontier = new MerkleFrontier()
    let at = 0
    // Not by bit operators: they would cut a size to 32 bits.
    for (
      let leaves = 2 ** Math.floor(Math.log2(Math.max(1, size))), left = size;
      left > 0;
      leaves /= 2
    ) {
      if (left < leaves) continue
      frontier.peaks.push({ leaves, hash: Buffer.from(peaks.slice(at, at + 32)) })
      left -= leaves
      at += 32
    }
    if (at !== peaks.length)
      throw new Error(`${peaks.length} bytes are no peaks of a tree of ${size}`)
    frontier.leaves = size
    return frontier
  }

  get size(): number {
    return this.leaves
  }

  push(leafHash: Uint8Array): void {
    let peak: Peak = { leaves: 1, hash: Buffer.from(leafHash) }
    for (;;) {
      const left = this.peaks.at(-1)
      if (left === undefined || left.leaves !== peak.leaves) break
      this.peaks.pop()
      peak = { leaves: left.leaves * 2, hash: innerHash(left.hash, peak.hash) }
    }
    this.peaks.push(peak)
    this.leaves++
  }

  /** Root of the tree as it is; SHA-256 of nothing while it is empty. */
  root(): Buffer {
    let root: Buffer | undefined
    for (let i = this.peaks.length - 1; i >= 0; i--) {
      const peak = (this.peaks[i] as { hash: Buffer }).hash
      root = root === undefined ? peak : innerHash(peak, root)
    }
    return root ?? digest('sha256', Buffer.alloc(0), 'buffer')
  }
}

const innerHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  digest('sha256', Buffer.concat([NODE, left, right]), 'buffer')
