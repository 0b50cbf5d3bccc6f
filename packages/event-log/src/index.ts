export { type Anchor, anchorLine, parseAnchors } from './anchor.ts'
export type {
  Append,
  AppendedPlace,
  AppendResult,
  ControlToken,
  EventToAppend,
  LimitUse,
  SealedValue,
} from './append.ts'
export { isEventType, isReservedStream, isStreamName, RESERVED_CATEGORIES } from './categories.ts'
export {
  ChainVerifier,
  type EntryCopies,
  type EntryToVerify,
  entryHash,
  FINDINGS_LISTED_MAX,
  genesisPrev,
} from './chain-verifier.ts'
export { type ColdEnd, LogDetached } from './cold-end.ts'
export { HINT_CHANNEL, HINT_INTERVAL_MS } from './commit-hint.ts'
export {
  type Actor,
  type Commitment,
  categoryOf,
  ENTRY_BYTES_MAX,
  type Entry,
  type EntryMeta,
  entryBytesBound,
  entryTexts,
  FORMAT_VERSION,
  META_BYTES_MAX,
  type NewEvent,
  parseEntry,
  type StoredEntry,
} from './entry.ts'
export { EventLog, type EventLogDeps } from './event-log.ts'
export { exportLedger, verifyExport } from './export-ledger.ts'
export { FINDING_CODES, type Finding, type FindingCode } from './finding.ts'
export {
  FLUSH_APPENDS_MAX,
  FLUSH_BYTES_MAX,
  QUEUED_APPENDS_MAX,
  QueueFull,
} from './group-committer.ts'
export { type LedgerHead, LogGap, LogReader, PAGE_ENTRIES_MAX } from './log-reader.ts'
export type { LogTables } from './log-tables.ts'
export { MerkleFrontier } from './merkle-frontier.ts'
export { type RecordedRestore, type RestoreToRecord, recordRestore } from './record-restore.ts'
export type { SealedJudge, SealedReport, SealedToOpen, SealedVerdict } from './sealed-check.ts'
export { type Verification, type VerifyOptions, verifyLedger } from './verify-ledger.ts'
