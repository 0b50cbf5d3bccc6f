export interface PolicyVersionPublished {
  readonly name: string
  readonly version: string
  readonly domain: string
  /** `sha256:<hex>` of the document's canonical JSON, under which it is attached to the ledger. */
  readonly digest: string
  readonly variants: readonly string[]
}

export const policyStream = (name: string): string => `policy:${name}`
