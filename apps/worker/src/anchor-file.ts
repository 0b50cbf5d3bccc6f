import { appendFile, mkdir, open, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Anchor, anchorLine, parseAnchors } from '@writ/event-log'
import { alone } from './file-lock.ts'

/** How much of an old file is looked at for what was told last: some seven thousand lines. Unit: bytes. */
const LOOK_BACK_BYTES = 1024 * 1024
const NEWLINE = 0x0a

/** What the holder of the file may do. */
export interface HeldAnchors {
  /** True when the newest line of its origin says the same. */
  isTold(anchor: Anchor): boolean
  tell(anchor: Anchor): void
}

/** The anchor file, shared by every process of a home: each line is written once, by one of them. */
export class AnchorFile {
  private readonly path: string
  private readonly newest = new Map<string, Anchor>()
  /** Up to here the lines are known; always the end of one. Unit: bytes. */
  private known: number | undefined
  private unreadFrom = 0

  constructor(path: string) {
    this.path = path
  }

  /** Runs `work` while no other process writes. What it tells is in the file when this returns. */
  async held(work: (anchors: HeldAnchors) => Promise<void>): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true })
    await alone(`${this.path}.lock`, async () => {
      await this.readOn()
      const told: Anchor[] = []
      await work({
        isTold: (anchor) => {
          const last = this.newest.get(anchor.origin)
          return last?.size === anchor.size && last.root === anchor.root
        },
        tell: (anchor) => told.push(anchor),
      })
      if (told.length > 0) await appendFile(this.path, told.map(anchorLine).join(''))
    })
  }

  /** Reads what came since, by us or by others, and mends what a crash cut short at the end. */
  private async readOn(): Promise<void> {
    const bytes = await this.unread()
    const end = bytes.lastIndexOf(NEWLINE) + 1
    // The look back begins anywhere, in the middle of a line mostly.
    const isCut = this.known === undefined && this.unreadFrom > 0
    const start = isCut ? bytes.indexOf(NEWLINE) + 1 : 0
    for (const anchor of readable(bytes.subarray(start, end))) {
      this.newest.set(anchor.origin, anchor)
    }
    this.known = this.unreadFrom + end
    if (end < bytes.length) await this.mend(bytes.subarray(end))
  }

  private async unread(): Promise<Buffer> {
    const file = await open(this.path, 'a+', 0o600)
    try {
      const { size } = await file.stat()
      // Somebody moved the file away: begin again.
      if (size < (this.known ?? 0)) this.known = undefined
      this.unreadFrom = this.known ?? Math.max(0, size - LOOK_BACK_BYTES)
      const bytes = Buffer.alloc(size - this.unreadFrom)
      await file.read(bytes, 0, bytes.length, this.unreadFrom)
      return bytes
    } finally {
      await file.close()
    }
  }

  /** The next line must not grow onto half of one: a bad line in the middle makes the whole file unreadable. */
  private async mend(rest: Buffer): Promise<void> {
    const isWhole = readable(rest).length > 0
    if (isWhole) await appendFile(this.path, '\n')
    else await truncate(this.path, this.known)
  }
}

/** A damaged file is for whoever verifies against it to refuse. Here it must not keep new lines out. */
const readable = (lines: Buffer): readonly Anchor[] => {
  try {
    return parseAnchors(lines.toString('utf8'))
  } catch {
    return []
  }
}
