/**
 * What a list of a read model is in the first moments of an installation, before anybody has made its tables: empty.
 * Anything else that went wrong is thrown on.
 */
export const noneYet = (fault: unknown): readonly never[] => {
  if (!isNotFoldedYet(fault)) throw fault
  return []
}

/** SQLSTATE 42P01, no such relation: no worker has folded into this database yet. */
export const isNotFoldedYet = (fault: unknown): boolean => {
  const { code, message } = fault as { readonly code?: unknown; readonly message?: unknown }
  return code === '42P01' && String(message).includes('projection.')
}
