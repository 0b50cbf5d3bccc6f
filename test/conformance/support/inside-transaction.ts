import type { SqlDatabase, SqlRunner } from '@writ/kernel'

const refused = (): never => {
  throw new Error('only commands run inside a transaction')
}

/** An open transaction as a database, so that an EventLog can append inside it. */
export const insideTransaction = (tx: SqlRunner): SqlDatabase => ({
  kind: 'server',
  query: (statement) => tx.query(statement),
  lane: () => tx,
  transaction: refused,
  notify: refused,
  listen: refused,
  close: async () => {},
})

/** A door that stays shut until it is opened: interleavings by gates, not by sleeps. */
export const gate = (): { readonly opened: Promise<void>; open(): void } => {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
