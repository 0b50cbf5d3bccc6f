import { Problem } from '@writ/kernel'

/** Longest cursor that is looked at. Unit: characters. Ours have at most sixty. */
const CURSOR_CHARS_MAX = 200

/**
 * Where the next page of a list begins, as a text that callers hand back unread: the list's name, so that a cursor of
 * another list is not taken for a place in this one, and the position of the last row shown. Positions never change, so
 * a page neither repeats nor skips a row that was there when the cursor was made.
 */
export const cursorAfter = (list: string, position: number): string =>
  Buffer.from(JSON.stringify([list, position])).toString('base64url')

/** @problem cursor-invalid  anything that this function's counterpart would not have written */
export const positionOf = (list: string, cursor: string): number | Problem => {
  const position = positionIn(cursor)
  // Written anew it must be the same text: that one comparison refuses whatever is odd about the rest.
  return position !== undefined && cursorAfter(list, position) === cursor
    ? position
    : new Problem('cursor-invalid', 'The cursor was not issued for this list. Start without it.')
}

const positionIn = (cursor: string): number | undefined => {
  if (cursor.length > CURSOR_CHARS_MAX) return undefined
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const position: unknown = Array.isArray(content) ? content[1] : undefined
    return Number.isSafeInteger(position) && (position as number) > 0
      ? (position as number)
      : undefined
  } catch {
    return undefined
  }
}
