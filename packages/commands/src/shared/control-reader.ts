import { type ControlEvent, type ControlState, NO_CONTROLS, withControl } from '@writ/domain'
import type { ControlToken, LogReader } from '@writ/event-log'
import { type LedgerName, SYSTEM_CONTROL } from '@writ/kernel'
import { currentEntry } from './current-entry.ts'

/** Control state of a ledger and of the whole system, with the token that an append must still find true. */
export interface Controls {
  readonly token: ControlToken
  readonly system: ControlState
  readonly ledger: ControlState
}

/**
 * Folds control entries, never a read model. What it remembers may be old, and that is safe for one use only: to
 * decide and append under the token, which the append refuses when anything has moved. Whoever refuses a request, or
 * answers without an append, reads fresh (DESIGN §2).
 */
export class ControlReader {
  private readonly reader: LogReader
  private readonly remembered = new Map<LedgerName, Controls>()

  constructor(reader: LogReader) {
    this.reader = reader
  }

  /** Possibly old; only good for an append under its token. */
  async remember(ledger: LedgerName): Promise<Controls> {
    return this.remembered.get(ledger) ?? this.fresh(ledger)
  }

  /** As of now: every control acknowledged before this call is in it. */
  async fresh(ledger: LedgerName): Promise<Controls> {
    const epoch = (await this.reader.head(ledger))?.epoch ?? 0
    const known = this.remembered.get(ledger)
    // A log that was restored may have lost controls that this process has folded: all of them are read again.
    const before = known?.token.epoch === epoch ? known : undefined
    const [system, own] = await Promise.all([
      this.fold(SYSTEM_CONTROL, before?.system ?? NO_CONTROLS),
      this.fold(ledger, before?.ledger ?? NO_CONTROLS),
    ])
    const token = { epoch, counter: own.counter, systemCounter: system.counter }
    const controls = { token, system, ledger: own }
    this.remembered.set(ledger, controls)
    return controls
  }

  private async fold(ledger: LedgerName, from: ControlState): Promise<ControlState> {
    const entries = await this.reader.controls(ledger, from.counter)
    return entries.reduce((state, stored) => {
      const { type, data } = currentEntry(stored)
      return withControl(state, stored.counter, { type, data } as unknown as ControlEvent)
    }, from)
  }
}
