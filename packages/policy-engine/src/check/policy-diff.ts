import type { ChangeClass } from '../change-class.ts'
import type { Loosening } from './loosening.ts'
import type { ProbeExample } from './report.ts'
import type { StructuralChange } from './structural-diff.ts'

export interface VersionName {
  readonly name: string
  readonly version: string
  readonly digest: string
}

/** Inputs that the two versions decide differently, of one class. */
export interface SemanticChange {
  readonly changeClass: ChangeClass
  readonly count: number
  /** At most five. */
  readonly examples: readonly SemanticExample[]
}

export interface SemanticExample {
  readonly input: ProbeExample
  readonly before: SemanticOutcome | null
  readonly after: SemanticOutcome | null
}

export interface SemanticOutcome {
  readonly outcome: string
  readonly level: string
  readonly codes: readonly string[]
}

/** What differs between two versions, in the text and in what they decide. Plain JSON. */
export interface PolicyDiff {
  readonly before: VersionName
  readonly after: VersionName
  readonly structural: readonly StructuralChange[]
  /** Over the boundary probes of both versions; `same` is counted, never shown. */
  readonly semantic: {
    readonly compared: number
    readonly sampled: boolean
    readonly changes: readonly SemanticChange[]
  }
  /** Why two people must approve the step; empty where one suffices. */
  readonly loosening: readonly Loosening[]
}
