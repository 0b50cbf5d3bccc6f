import { AsyncLocalStorage } from 'node:async_hooks'

/** The root was used inside its own transaction. On the embedded database that waits for ever; so it is refused on both. */
export class UsedInsideTransaction extends Error {
  constructor(what: string) {
    super(
      `${what} was called on the database inside one of its own transactions; ` +
        'use the `tx` that the transaction hands to its work',
    )
    this.name = 'UsedInsideTransaction'
  }
}

export interface TransactionGuard {
  /** @throws UsedInsideTransaction */
  refuse(what: string): void
  within<T>(work: () => Promise<T>): Promise<T>
}

/**
 * Knows, by the asynchronous context, whether the caller stands inside an open transaction. Work that a transaction
 * started and that outlives it is free again as soon as the transaction has ended.
 */
export const transactionGuard = (): TransactionGuard => {
  const contexts = new AsyncLocalStorage<{ open: boolean }>()
  return {
    refuse(what) {
      if (contexts.getStore()?.open === true) throw new UsedInsideTransaction(what)
    },
    async within(work) {
      const context = { open: true }
      try {
        return await contexts.run(context, work)
      } finally {
        context.open = false
      }
    },
  }
}
