import type { ControlScope } from '@writ/domain'

/** A scope as callers write it: nothing or `tenant` is the whole ledger. */
export const scopeOf = ({
  scope,
}: {
  readonly scope?: 'tenant' | { readonly domain: string; readonly action?: string }
}): ControlScope => {
  if (scope === undefined || scope === 'tenant') return { kind: 'ledger' }
  const { domain, action } = scope
  return action === undefined ? { kind: 'domain', domain } : { kind: 'action', domain, action }
}
