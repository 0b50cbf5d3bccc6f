import type { EngineIdentity } from '@writ/domain'
import type { OpenedValue } from './recorded-decision.ts'
import type { ReplayTally } from './replay-tally.ts'

/** What a person said of a decision after it was made. */
export type PeoplesWord = 'approved' | 'denied'

/** What is judged again, the same for every page: plain data, so that it travels to other threads. */
export interface ReplayJob {
  /** This engine: what it decides otherwise than another one recorded is no fault of either. */
  readonly engine: EngineIdentity
  /** Absent: each decision under its own policy. */
  readonly candidate?: Candidate
}

/** A policy to be tried on recorded cases. */
export interface Candidate {
  readonly name: string
  readonly version: string
  readonly domain: string
  readonly digest: string
  /** Absent: the recorded variant where the candidate has it, else its control. */
  readonly variant?: string
  /** The document, as YAML or JSON. */
  readonly text: string
  readonly from: 'ledger' | 'file'
}

/** One recorded decision, with what cannot be read from its entry alone. */
export interface ReplayItem {
  readonly position: number
  readonly id: string
  readonly text: string
  readonly opened?: readonly OpenedValue[]
  /** Pointers of values that are sealed: nothing of them is ever shown. */
  readonly sealed?: readonly string[]
  /** Why inputs are not at hand. */
  readonly missing?: 'erased' | 'cannot-be-opened'
  readonly people?: PeoplesWord
}

export type ReplayPage = readonly ReplayItem[]

/** Judges pages, several at a time where it is wide. */
export interface PageJudges {
  /** How many pages are judged side by side. */
  readonly width: number
  /** Never fails: what could not be judged is told in the tally, as `error`. */
  judge(page: ReplayPage): Promise<ReplayTally>
  close(): Promise<void>
}

/** The document of a policy by digest, from the ledger; undefined where it is not there. */
export type PolicyText = (digest: string) => Promise<string | undefined>
