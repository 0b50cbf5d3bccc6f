import { Problem } from '@writ/kernel'
import { cursorAfter, positionOf } from './cursor.ts'

/** Rows of a page when the caller names no number, and the most there are. Unit: rows. */
export const PAGE_ROWS_DEFAULT = 50
export const PAGE_ROWS_MAX = 500

/** Before every position there can be: the first page, newest first. */
const FIRST_PAGE = Number.MAX_SAFE_INTEGER

export interface PageRequest {
  readonly limit?: number
  readonly cursor?: string
}

/** What every list answers: how far the read model had folded when these very rows were read, and the rows. */
export interface Listed<Item> {
  readonly position: number
  readonly items: readonly Item[]
  /** The cursor of the next page; absent at the end. */
  readonly next?: string
}

export interface Page {
  /** Rows at positions below this one. */
  readonly before: number
  readonly limit: number
}

/** @problem cursor-invalid, request-invalid */
export const pageOf = (list: string, { limit, cursor }: PageRequest): Page | Problem => {
  const rows = limit ?? PAGE_ROWS_DEFAULT
  if (!Number.isInteger(rows) || rows < 1 || rows > PAGE_ROWS_MAX) {
    const message = `must be an integer from 1 to ${PAGE_ROWS_MAX}`
    return new Problem('request-invalid', `limit ${message}.`, {
      errors: [{ pointer: '/limit', message }],
    })
  }
  const before = cursor === undefined ? FIRST_PAGE : positionOf(list, cursor)
  return before instanceof Problem ? before : { before, limit: rows }
}

/** How many rows to ask for: one more than is shown tells whether there is a next page. */
export const rowsWanted = ({ limit }: Page): number => limit + 1

export const listed = <Item>(
  list: string,
  { limit }: Page,
  found: {
    readonly position: number
    readonly rows: readonly { readonly position: number; readonly item: Item }[]
  },
): Listed<Item> => {
  const shown = found.rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    position: found.position,
    items: shown.map(({ item }) => item),
    ...(found.rows.length > limit && last !== undefined
      ? { next: cursorAfter(list, last.position) }
      : {}),
  }
}
