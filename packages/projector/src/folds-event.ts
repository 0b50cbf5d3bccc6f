import { RESERVED_CATEGORIES } from '@writ/event-log'
import type { Projection } from './projection.ts'

/** Does the read model fold this (category, type) pair? `'*'` is every category that is not reserved, or every type. */
export const foldsEvent = (
  { folds }: Pick<Projection, 'folds'>,
  { category, type }: { readonly category: string; readonly type: string },
): boolean => {
  const types = folds[category] ?? (RESERVED_CATEGORIES.has(category) ? undefined : folds['*'])
  return types !== undefined && (types.includes(type) || types.includes('*'))
}
