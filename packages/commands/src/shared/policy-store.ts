import type { LogReader } from '@writ/event-log'
import { type LedgerName, Problem } from '@writ/kernel'
import { type LoadedPolicy, loadPolicy } from '@writ/policy-engine'

/** Most compiled policies one process keeps. A compiled policy is some hundred kilobytes; a tenant uses a few. */
const LOADED_MAX = 200

/**
 * Policies by digest, compiled once. A digest names one content for ever, so nothing here ever goes stale. The document
 * comes from the ledger's content-addressed store, put there by its publication.
 */
export class PolicyStore {
  private readonly reader: LogReader
  private readonly loaded = new Map<string, LoadedPolicy>()

  constructor(reader: LogReader) {
    this.reader = reader
  }

  /** @throws where the ledger lacks the document or this release cannot load it: a defect, decisions fail closed */
  async byDigest(ledger: LedgerName, digest: string): Promise<LoadedPolicy> {
    const name = `${ledger} ${digest}`
    const known = this.loaded.get(name)
    if (known !== undefined) return known
    const text = await this.reader.attachment(ledger, digest.replace('sha256:', ''))
    if (text === undefined) throw new Error(`${ledger} does not hold the policy ${digest}`)
    const policy = loadPolicy(text)
    if (policy instanceof Problem)
      throw new Error(`the stored policy ${digest} does not load: ${policy.detail}`)
    this.remember(name, policy)
    return policy
  }

  /** Known without asking the ledger; for the hot path. */
  remembered(ledger: LedgerName, digest: string): LoadedPolicy | undefined {
    return this.loaded.get(`${ledger} ${digest}`)
  }

  private remember(name: string, policy: LoadedPolicy): void {
    if (this.loaded.size >= LOADED_MAX) {
      const oldest = this.loaded.keys().next().value
      if (oldest !== undefined) this.loaded.delete(oldest)
    }
    this.loaded.set(name, policy)
  }
}
