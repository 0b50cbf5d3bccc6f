import { appendFile, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { anchorLine, type LogReader, MerkleFrontier } from '@writ/event-log'
import { type Clock, type LedgerName, timestampOf } from '@writ/kernel'

/** How often the size and root of each ledger are written outside. What is newer can be changed unseen by whoever holds
 *  the database, so this is the length of that exposure; a second of reading each minute is its price. */
export const ANCHOR_INTERVAL_MS = 10_000
const PAGE = 5_000

export interface AnchorDeps {
  readonly reader: LogReader
  readonly clock: Clock
  /** `<origin>/<ledger>` is the log's name in each line. */
  readonly origin: string
  /** NDJSON, outside the database. */
  readonly file: string
  readonly onFault: (fault: unknown) => void
}

/** Keeps (origin, size, root, time) of every ledger in a file outside the database (DESIGN §4.5). */
export class AnchorJob {
  private readonly deps: AnchorDeps
  private readonly frontiers = new Map<LedgerName, MerkleFrontier>()
  private timer: NodeJS.Timeout | undefined
  private running: Promise<void> = Promise.resolve()

  constructor(deps: AnchorDeps) {
    this.deps = deps
  }

  start(): void {
    const again = (): void => {
      this.running = this.once().catch(this.deps.onFault)
      void this.running.then(() => {
        this.timer = setTimeout(again, ANCHOR_INTERVAL_MS).unref()
      })
    }
    this.timer = setTimeout(again, 1_000).unref()
  }

  /** Writes one line for each ledger that has grown; ends the repetition. Call before the database closes. */
  async stop(): Promise<void> {
    clearTimeout(this.timer)
    await this.running
    clearTimeout(this.timer)
    await this.once().catch(this.deps.onFault)
  }

  /** One round over all ledgers. */
  async once(): Promise<void> {
    const { reader, clock, origin, file } = this.deps
    for (const ledger of await reader.ledgers()) {
      const frontier = this.frontiers.get(ledger) ?? new MerkleFrontier()
      this.frontiers.set(ledger, frontier)
      const before = frontier.size
      await this.catchUp(ledger, frontier)
      if (frontier.size === before) continue
      const line = anchorLine({
        origin: `${origin}/${ledger}`,
        size: frontier.size,
        root: frontier.root().toString('hex'),
        time: timestampOf(clock.now()),
      })
      await mkdir(dirname(file), { recursive: true })
      await appendFile(file, line)
    }
  }

  private async catchUp(ledger: LedgerName, frontier: MerkleFrontier): Promise<void> {
    for (;;) {
      const page = await this.deps.reader.hashes(ledger, frontier.size, PAGE)
      for (const hash of page) frontier.push(hash)
      if (page.length < PAGE) return
    }
  }
}
