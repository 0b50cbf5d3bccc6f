import { Problem } from '@writ/kernel'

/** What is compared, and who does it. */
export interface DriftPorts {
  /** Every domain that a policy governs, in every ledger. */
  domains(): Promise<readonly { readonly ledger: string; readonly domain: string }[]>
  /** One check that raises what it finds; says what was raised, null where nothing was. */
  check(ledger: string, domain: string): Promise<RaisedAlarm | null | Problem>
  readonly onAlarm: (raised: RaisedAlarm) => void
  /** What could not be checked now is told, and tried again in the next round. */
  readonly onFault: (fault: unknown) => void
}

export interface RaisedAlarm {
  readonly ledger: string
  readonly domain: string
  readonly alarmId: string
  readonly loweredTo: string | null
}

/** Checks each domain once. One that cannot be checked keeps none of the others from it. */
export const driftRound = async (ports: DriftPorts): Promise<void> => {
  for (const { ledger, domain } of await ports.domains()) {
    try {
      const raised = await ports.check(ledger, domain)
      if (raised instanceof Problem) ports.onFault(raised)
      else if (raised !== null) ports.onAlarm(raised)
    } catch (fault) {
      ports.onFault(fault)
    }
  }
}
