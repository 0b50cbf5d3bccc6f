import { hash as digest } from 'node:crypto'
import { canonicalString, isCanonicalJson, type LedgerName } from '@writ/kernel'
import type { Anchor } from './anchor.ts'
import type { ColdEnd } from './cold-end.ts'
import { FORMAT_VERSION } from './entry.ts'
import type { Finding, FindingCode } from './finding.ts'
import { MerkleFrontier } from './merkle-frontier.ts'

/** Findings beyond this many are counted, not listed: one wrong hash early in a long log breaks a link per entry. */
export const FINDINGS_LISTED_MAX = 1_000

/** The copies that stand beside an entry in its row. */
export interface EntryCopies {
  readonly id: string
  readonly revision: number
  /** Null when it equals the id. */
  readonly correlationId: string | null
  readonly tenant: string
  readonly stream: string
  readonly type: string
}

export interface EntryToVerify {
  readonly position: number
  readonly text: string
  /** Absent in an export: an export holds entries only. */
  readonly hash?: string
  readonly copies?: EntryCopies
}

export const genesisPrev = (ledger: LedgerName): string =>
  digest('sha256', Buffer.from(`writ/v1/genesis\0${ledger}`, 'utf8'), 'hex')

export const entryHash = (text: string): string => digest('sha256', `\0${text}`, 'hex')

/**
 * Walks a ledger from position 1 and lists every fault. `links` checks hashes, links and positions; `full` also that
 * each text is its own canonical form and that every copy beside it agrees.
 */
export class ChainVerifier {
  readonly findings: Finding[] = []
  private readonly ledger: LedgerName
  private readonly depth: 'links' | 'full'
  private readonly anchors: readonly Anchor[]
  private readonly frontier: MerkleFrontier | undefined
  private count = 0
  private previous: string
  private position: number
  private anchorsReached = 0
  private anchorIndex = 0

  constructor(
    ledger: LedgerName,
    options: {
      readonly depth: 'links' | 'full'
      readonly anchors?: readonly Anchor[]
      /** Begin behind detached positions: anchors of a smaller size cannot be judged any more and are left out. */
      readonly from?: ColdEnd
    },
  ) {
    const { depth, anchors = [], from } = options
    this.ledger = ledger
    this.depth = depth
    this.position = from?.position ?? 0
    this.previous = from?.hash ?? genesisPrev(ledger)
    this.anchors = anchors
      .filter((anchor) => anchor.size >= this.position)
      .sort((a, b) => a.size - b.size)
    if (this.anchors.length > 0) this.frontier = from?.frontier() ?? new MerkleFrontier()
    this.checkAnchors()
  }

  get verified(): number {
    return this.position
  }

  /** Hex hash of the last entry seen. */
  get head(): string {
    return this.previous
  }

  get findingCount(): number {
    return this.count
  }

  /** Size of the newest anchor that the walk has reached and found true. */
  get anchored(): number {
    return this.anchorsReached
  }

  add(entry: EntryToVerify): void {
    const { position, text } = entry
    if (position !== this.position + 1) this.find('SEQ_GAP', position, this.position + 1, position)
    this.position = position
    const hash = entryHash(text)
    if (entry.hash !== undefined && entry.hash !== hash)
      this.find('ENTRY_HASH', position, hash, entry.hash)
    this.checkSplice(position, text)
    if (this.depth === 'full') this.checkText(entry)
    // The walk goes on from what is stored, so that one altered entry shows as itself and not as all that follow.
    this.previous = entry.hash ?? hash
    this.frontier?.push(Buffer.from(hash, 'hex'))
    this.checkAnchors()
  }

  /** An entry apart from the walk: what was kept of a detached range. Its neighbours, and so its links, are gone. */
  aside(entry: EntryToVerify): void {
    const hash = entryHash(entry.text)
    if (entry.hash !== hash) this.find('ENTRY_HASH', entry.position, hash, entry.hash ?? 'none')
    if (this.depth === 'full') this.checkText(entry)
  }

  /** Call behind the last entry. */
  finish(): void {
    for (const anchor of this.anchors.slice(this.anchorIndex)) {
      this.find(
        'SIZE_REGRESSION',
        this.position,
        `at least ${anchor.size} entries at ${anchor.time}`,
        `${this.position} entries`,
      )
    }
  }

  /**
   * `position` and `prev` are read off the text itself. From `"position":` on an entry holds only strings of a known
   * form, and inside a JSON string a quote is always escaped, so the last occurrence is the true one.
   */
  private checkSplice(position: number, text: string): void {
    const at = text.lastIndexOf(',"position":')
    const expected = `,"position":${position},"prev":"${this.previous}","recordedAt":"`
    if (text.startsWith(expected, at)) return
    const found = /^,"position":(\d+),"prev":"([0-9a-f]{64})","recordedAt":"/.exec(
      text.slice(at, at + 140),
    )
    if (at < 0 || found === null)
      this.find(
        'SCHEMA',
        position,
        'position, prev, recordedAt',
        text.slice(Math.max(0, at), at + 60),
      )
    else if (Number(found[1]) !== position)
      this.find('SEQ_GAP', position, position, found[1] as string)
    else this.find('CHAIN_LINK', position, this.previous, found[2] as string)
  }

  private checkText({ position, text, copies }: EntryToVerify): void {
    if (!isCanonicalJson(text))
      this.find('NOT_CANONICAL', position, 'its own RFC 8785 form', text.slice(0, 60))
    const at = text.lastIndexOf(',"position":')
    const ledgerPart = `","ledger":"${this.ledger}",`
    const idAt = text.lastIndexOf(',"id":"', at)
    if (!text.startsWith(ledgerPart, idAt + 43))
      this.find('SCHEMA', position, `ledger ${this.ledger}`, text.slice(idAt + 43, idAt + 90))
    if (copies !== undefined) this.checkCopies(position, text, { copies, idAt })
  }

  /** Rebuilds from the copies the pieces of text that hold them, and compares bytes: nothing is parsed. */
  private checkCopies(
    position: number,
    text: string,
    at: { copies: EntryCopies; idAt: number },
  ): void {
    const { copies, idAt } = at
    if (!text.startsWith(`,"id":"${copies.id}"`, idAt))
      this.find('COLUMN_MISMATCH', position, `id ${text.slice(idAt + 7, idAt + 43)}`, copies.id)
    const end = `,"stream":${canonicalString(copies.stream)},"type":"${copies.type}","v":${FORMAT_VERSION}}`
    if (!text.endsWith(end)) this.find('COLUMN_MISMATCH', position, text.slice(-end.length), end)
    const revision = `","revision":${copies.revision},"schema":`
    if (!text.startsWith(revision, text.lastIndexOf('","revision":')))
      this.find('COLUMN_MISMATCH', position, 'the revision of the entry', String(copies.revision))
    const correlation = `,"correlationId":"${copies.correlationId ?? copies.id}","data":`
    // The first one: `data` comes later, and before it quotes stand in strings only as escapes.
    if (!text.startsWith(correlation, text.indexOf(',"correlationId":"')))
      this.find(
        'COLUMN_MISMATCH',
        position,
        'the correlationId of the entry',
        String(copies.correlationId),
      )
    if (!this.ledger.startsWith(`${copies.tenant}/`))
      this.find('COLUMN_MISMATCH', position, this.ledger, `tenant ${copies.tenant}`)
  }

  private checkAnchors(): void {
    for (;;) {
      const anchor = this.anchors[this.anchorIndex]
      if (anchor === undefined || anchor.size > this.position) return
      const root = this.rootAt(anchor.size)
      if (root === anchor.root) this.anchorsReached = anchor.size
      else this.find('ROOT_MISMATCH', anchor.size, `root ${anchor.root} of ${anchor.time}`, root)
      this.anchorIndex++
    }
  }

  /** Where entries are missing, a step passes over sizes that the tree never had. */
  private rootAt(size: number): string {
    const frontier = this.frontier as MerkleFrontier
    return frontier.size === size ? frontier.root().toString('hex') : `${frontier.size} entries`
  }

  find(
    code: FindingCode,
    position: number,
    expected: string | number,
    found: string | number,
  ): void {
    this.count++
    if (this.findings.length >= FINDINGS_LISTED_MAX) return
    this.findings.push({
      code,
      ledger: this.ledger,
      position,
      expected: String(expected),
      found: String(found),
    })
  }
}
