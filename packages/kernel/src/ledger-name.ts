const PART = /^[a-z0-9][a-z0-9-]{0,38}$/

/** `tenant/name`, the unit of order, chain, tenancy and erasure. Each part `^[a-z0-9][a-z0-9-]{0,38}$` (DESIGN §1). */
export type LedgerName = string & { readonly __brand: 'LedgerName' }

export const SYSTEM_CONTROL = 'system/control' as LedgerName

export const isLedgerPart = (text: string): boolean => PART.test(text)

/** The ledger's name, or undefined where the text is none. */
export const ledgerName = (text: string): LedgerName | undefined => {
  const parts = text.split('/')
  return parts.length === 2 && parts.every(isLedgerPart) ? (text as LedgerName) : undefined
}

export const tenantOf = (ledger: LedgerName): string => ledger.slice(0, ledger.indexOf('/'))

/** The default ledger of a tenant. */
export const mainLedger = (tenant: string): LedgerName => `${tenant}/main` as LedgerName
