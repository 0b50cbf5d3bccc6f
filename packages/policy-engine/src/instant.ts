import { EXACT_TIMESTAMP, parseTimestamp, timestampOf } from '@writ/kernel'

/**
 * Milliseconds since 1970 of an RFC 3339 time, or null. Strict: capital T and Z, a day that exists, no leap second
 * and at most three fraction digits, because what a Date would drop could turn a comparison round.
 */
export const instantOf = (text: string): number | null =>
  parseTimestamp(text, EXACT_TIMESTAMP) ?? null

/** The one form in which Writ stores times: UTC, three fraction digits, Z. */
export const instantText = timestampOf
