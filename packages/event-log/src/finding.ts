/**
 * What a verification can find. ENTRY_HASH the stored hash is not that of the entry; CHAIN_LINK `prev` is not the hash
 * before; SEQ_GAP positions are not contiguous from 1; NOT_CANONICAL the text is not its own RFC 8785 form;
 * COLUMN_MISMATCH a copy beside the entry says otherwise; HEAD_MISMATCH the head row is not the last entry;
 * ROOT_MISMATCH an anchor has the same size and another root; SIZE_REGRESSION the log is shorter than an anchor;
 * COMMITMENT an attached value does not fit its entry; SEALED_COMMITMENT a sealed value opens and is not the one its
 * entry commits to; SEALED_UNREADABLE a sealed value is gone or cannot be opened although its key exists; DETACHED what
 * must stand in for detached positions is not whole; SCHEMA the entry is no entry of this format.
 */
export const FINDING_CODES = [
  'ENTRY_HASH',
  'CHAIN_LINK',
  'SEQ_GAP',
  'NOT_CANONICAL',
  'COLUMN_MISMATCH',
  'HEAD_MISMATCH',
  'ROOT_MISMATCH',
  'SIZE_REGRESSION',
  'COMMITMENT',
  'SEALED_COMMITMENT',
  'SEALED_UNREADABLE',
  'DETACHED',
  'SCHEMA',
] as const
export type FindingCode = (typeof FINDING_CODES)[number]

export interface Finding {
  readonly code: FindingCode
  readonly ledger: string
  /** Position of the entry, or size of the log the finding is about. */
  readonly position: number
  readonly expected: string
  readonly found: string
}
