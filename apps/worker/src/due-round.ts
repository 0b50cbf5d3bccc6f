import { type Clock, Problem, timestampOf } from '@writ/kernel'

/** How often the job looks. Unit: ms. A review or an activation is that much later than its time at most. */
export const DUE_INTERVAL_MS = 2_000

/** What waits for its time, and what brings it about. */
export interface DuePorts {
  readonly clock: Clock
  reviews(now: string): Promise<readonly { readonly ledger: string; readonly id: string }[]>
  activations(
    now: string,
  ): Promise<
    readonly { readonly ledger: string; readonly name: string; readonly version: string }[]
  >
  expireReview(ledger: string, id: string): Promise<unknown>
  activate(ledger: string, name: string, version: string): Promise<unknown>
  /** What cannot be done now is told, and tried again in the next round. */
  readonly onFault: (fault: unknown) => void
}

/**
 * Appends what time has brought about: reviews that nobody answered, and activations that were agreed for a time, since
 * time changes nothing by itself (DESIGN §1). It learns from read models what may be due; the commands look at the log
 * before they act, so that a list that lags, and two processes at once, do no harm.
 */
export const dueRound = async (ports: DuePorts): Promise<void> => {
  const now = timestampOf(ports.clock.now())
  const attempt = async (act: () => Promise<unknown>): Promise<void> => {
    try {
      const result = await act()
      if (result instanceof Problem) ports.onFault(result)
    } catch (fault) {
      ports.onFault(fault)
    }
  }
  for (const { ledger, id } of await ports.reviews(now)) {
    await attempt(() => ports.expireReview(ledger, id))
  }
  for (const { ledger, name, version } of await ports.activations(now)) {
    await attempt(() => ports.activate(ledger, name, version))
  }
}
