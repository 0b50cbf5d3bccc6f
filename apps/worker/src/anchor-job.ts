import { type Anchor, type LogReader, MerkleFrontier } from '@writ/event-log'
import { type Clock, type LedgerName, timestampOf } from '@writ/kernel'
import { AnchorFile, type HeldAnchors } from './anchor-file.ts'

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

/**
 * Keeps (origin, size, root, time) of every ledger in a file outside the database (DESIGN §4.5). Several processes may
 * do so over one file: what one of them has told the others leave out.
 */
export class AnchorJob {
  private readonly deps: AnchorDeps
  private readonly file: AnchorFile
  private readonly frontiers = new Map<LedgerName, MerkleFrontier>()
  /** Sizes that are in the file for certain. */
  private readonly told = new Map<LedgerName, number>()
  private timer: NodeJS.Timeout | undefined
  private running: Promise<void> = Promise.resolve()

  constructor(deps: AnchorDeps) {
    this.deps = deps
    this.file = new AnchorFile(deps.file)
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
    const grown: LedgerName[] = []
    for (const ledger of await this.deps.reader.ledgers()) {
      const { size } = await this.catchUp(ledger)
      if (size > (this.told.get(ledger) ?? 0)) grown.push(ledger)
    }
    if (grown.length === 0) return
    await this.file.held((anchors) => this.tell(grown, anchors))
    // Only now: after a write that failed the next round tries again.
    for (const ledger of grown) this.told.set(ledger, this.frontiers.get(ledger)?.size ?? 0)
  }

  private async tell(ledgers: readonly LedgerName[], anchors: HeldAnchors): Promise<void> {
    for (const ledger of ledgers) {
      // Read to the end again: whoever comes next then finds the size it would tell itself.
      const frontier = await this.catchUp(ledger)
      const anchor: Anchor = {
        origin: `${this.deps.origin}/${ledger}`,
        size: frontier.size,
        root: frontier.root().toString('hex'),
        time: timestampOf(this.deps.clock.now()),
      }
      if (!anchors.isTold(anchor)) anchors.tell(anchor)
    }
  }

  /** Where the tree begins: at the edge that a detached range has left, or empty. */
  private async beginning(ledger: LedgerName): Promise<MerkleFrontier> {
    return (await this.deps.reader.coldEnd(ledger))?.frontier() ?? new MerkleFrontier()
  }

  private async catchUp(ledger: LedgerName): Promise<MerkleFrontier> {
    const frontier = this.frontiers.get(ledger) ?? (await this.beginning(ledger))
    this.frontiers.set(ledger, frontier)
    for (;;) {
      const page = await this.deps.reader.hashes(ledger, frontier.size, PAGE)
      for (const hash of page) frontier.push(hash)
      if (page.length < PAGE) return frontier
    }
  }
}
