import type { JsonObject } from '@writ/kernel'

export interface PolicyVersionPublished {
  readonly name: string
  readonly version: string
  readonly domain: string
  /** `sha256:<hex>` of the document's canonical JSON, under which it is attached to the ledger. */
  readonly digest: string
  readonly variants: readonly string[]
}

/** Every gate before activation was passed. The report is not kept: the digest names what it can be made of again. */
export interface PolicyVersionValidated {
  readonly name: string
  readonly version: string
  readonly digest: string
}

/** People other than its author stand behind a version. */
export interface PolicyVersionApproved {
  readonly name: string
  readonly version: string
  readonly domain: string
  readonly digest: string
  readonly approvedBy: readonly string[]
  /** Digest of the version that was active then: what was approved is the step from that one; null: from none. */
  readonly against: string | null
  /** What the step loosens; empty where nothing is. */
  readonly loosening: readonly JsonObject[]
  /** The review that granted it; null where the approval was the order to activate. */
  readonly reviewId: string | null
  /** When it is to be activated; null: by a person, whenever they say. */
  readonly activateAt: string | null
}

export const policyStream = (name: string): string => `policy:${name}`
