import type { LedgerName } from '@writ/kernel'
import type { Anchor } from './anchor.ts'
import { ChainVerifier } from './chain-verifier.ts'
import { type LogReader, PAGE_ENTRIES_MAX } from './log-reader.ts'
import type { Verification } from './verify-ledger.ts'

/**
 * The ledger as NDJSON: one exact entry a line, in order of position, up to the head at the start of the call.
 *
 * @throws LogDetached where its first positions are detached: without them an export proves nothing
 */
export async function* exportLedger(
  reader: LogReader,
  ledger: LedgerName,
  onProgress?: (written: number, of: number) => void,
): AsyncGenerator<string> {
  const head = await reader.head(ledger)
  if (head === undefined) return
  let after = 0
  while (after < head.position) {
    const limit = Math.min(PAGE_ENTRIES_MAX, head.position - after)
    const page = await reader.page(ledger, after, limit)
    if (page.length === 0) return
    yield `${page.map((entry) => entry.text).join('\n')}\n`
    after += page.length
    onProgress?.(after, head.position)
  }
}

const POSITION = /,"position":(\d+),"prev":"/g

/** Verifies an export line by line; the ledger's name is taken from the auditor, never from the file. */
export const verifyExport = async (
  lines: AsyncIterable<string>,
  ledger: LedgerName,
  options: { readonly anchors?: readonly Anchor[]; readonly now: () => number },
): Promise<Verification> => {
  const started = options.now()
  const verifier = new ChainVerifier(ledger, { depth: 'full', ...options })
  for await (const line of lines) {
    if (line === '') continue
    const places = [...line.matchAll(POSITION)]
    // A line that tells no position stands for the next one, where its fault is then found.
    const position = Number(places.at(-1)?.[1] ?? verifier.verified + 1)
    verifier.add({ position, text: line })
  }
  verifier.finish()
  return {
    ledger,
    depth: 'full',
    entries: verifier.verified,
    head: verifier.head,
    anchoredTo: verifier.anchored,
    detachedTo: 0,
    sealed: { status: 'not-opened', why: 'export' },
    findings: verifier.findings,
    findingCount: verifier.findingCount,
    seconds: (options.now() - started) / 1000,
  }
}
