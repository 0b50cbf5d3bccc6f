import type { EngineIdentity } from '@writ/domain'
import type { EventLog, LogReader } from '@writ/event-log'
import type { Clock, SqlDatabase } from '@writ/kernel'
import type { Secrets, SubjectVault } from '@writ/privacy'
import type { PolicyChecks } from './policy/policy-checks.ts'
import type { ControlReader } from './shared/control-reader.ts'
import type { EventTypes } from './shared/event-types.ts'
import type { PolicyStore } from './shared/policy-store.ts'

/** What the use cases stand on. Apps build it once; tests build it over a real database. */
export interface Deps {
  /** For the few rows beside the log: permanent ids of producers. */
  readonly database: SqlDatabase
  readonly log: EventLog
  readonly reader: LogReader
  readonly controls: ControlReader
  readonly policies: PolicyStore
  readonly policyChecks: PolicyChecks
  readonly eventTypes: EventTypes
  readonly vault: SubjectVault
  readonly secrets: Secrets
  /** "now" of decisions and events: the wall clock, or event time in import and demo. Live callers cannot set it. */
  readonly clock: Clock
  /** Milliseconds that never step back, for durations only. */
  readonly monotonic: () => number
  readonly random: (bytes: number) => Uint8Array
  /** A fresh UUIDv7. */
  readonly newId: () => string
  readonly engine: EngineIdentity
  readonly profile: 'development' | 'production'
}
