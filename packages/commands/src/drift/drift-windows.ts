import type { LedgerName, Problem } from '@writ/kernel'
import type { DriftWindow } from '@writ/learning'

/** A window in words of the caller, before the moment and the log make it a range. */
export type WindowsAsked =
  /** The newest decisions, and so many before them; null: all since decisions are alike. */
  | { readonly by: 'decisions'; readonly current: number; readonly reference: number | null }
  /**
   * The last whole block of so many decisions, counted from where decisions are alike, and so many before it. However
   * often it is looked at, a block is one window, and no two blocks share a decision.
   */
  | { readonly by: 'blocks'; readonly current: number; readonly reference: number }
  /** What was decided in the last `currentMs`, and in `referenceMs` before that; null: all before. Unit: ms. */
  | { readonly by: 'time'; readonly currentMs: number; readonly referenceMs: number | null }

/** Which decisions are counted. */
export interface DecisionsAsked {
  readonly ledger: LedgerName
  readonly domain: string
  readonly action?: string
  readonly policyDigest: string
  /** Only decisions after this position. */
  readonly after: number
}

export type RangesAsked =
  | {
      readonly by: 'decisions'
      readonly skip: number
      readonly current: number
      readonly reference: number
    }
  | {
      readonly by: 'time'
      readonly referenceFrom: string
      readonly currentFrom: string
      readonly until: string
    }

/** A counted window. `first` and `last` are positions, 0 where it is empty. */
export interface WindowCounts {
  readonly first: number
  readonly last: number
  readonly decisions: number
  readonly counts: DriftWindow
}

/** Who counts decisions: a read model, behind this port because commands do not know read models. */
export interface DriftCounter {
  /** How many there are, and up to which position they were counted. */
  decisions(
    asked: DecisionsAsked,
  ): Promise<{ readonly position: number; readonly decisions: number }>
  windows(
    asked: DecisionsAsked & { readonly through?: number; readonly windows: RangesAsked },
  ): Promise<
    | {
        readonly position: number
        readonly reference: WindowCounts
        readonly current: WindowCounts
      }
    | Problem
  >
}
