import {
  type ControlEvent,
  type DriftEvent,
  type DriftState,
  driftStream,
  NO_DRIFT,
  withDriftEvent,
} from '@writ/domain'
import type { LedgerName } from '@writ/kernel'
import type { Deps } from '../deps.ts'
import { currentEntry } from '../shared/current-entry.ts'

export interface DriftHistory {
  readonly state: DriftState
  /** Position of the last clearing; 0: none. */
  readonly clearedAt: number
}

/** The alarms of a domain, folded from its stream. */
export const driftHistory = async (
  { reader }: Pick<Deps, 'reader'>,
  ledger: LedgerName,
  domain: string,
): Promise<DriftHistory> => {
  const entries = (await reader.stream(ledger, driftStream(domain))).map(currentEntry)
  return {
    state: entries.reduce<DriftState>(
      (before, { type, data }) => withDriftEvent(before, { type, data } as unknown as DriftEvent),
      NO_DRIFT,
    ),
    clearedAt: entries.findLast(({ type }) => type === 'DriftAlarmCleared')?.position ?? 0,
  }
}

/**
 * The position after which the decisions of a domain are alike by what people decided: the last activation or
 * revocation there, ceiling or flag that reaches it. Each of them is meant to change the mix, so windows never reach
 * back over one.
 */
export const alikeAfter = async (
  { reader }: Pick<Deps, 'reader'>,
  ledger: LedgerName,
  domain: string,
): Promise<number> => {
  const entries = await reader.controls(ledger, 0)
  const last = entries.findLast((stored) => {
    const { type, data } = currentEntry(stored)
    return changesMix({ type, data } as unknown as ControlEvent, domain)
  })
  return last?.position ?? 0
}

const changesMix = (event: ControlEvent, domain: string): boolean => {
  switch (event.type) {
    case 'PolicyVersionActivated':
    case 'PolicyVersionRevoked':
    case 'ActionFlagSet':
      return event.data.domain === domain
    case 'CeilingSet':
      return event.data.scope.kind === 'ledger' || event.data.scope.domain === domain
    case 'KillSwitchSet':
      // Decisions under a switch are not counted, so it parts nothing.
      return false
    default:
      return event satisfies never
  }
}
