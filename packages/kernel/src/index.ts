export { isCanonicalJson } from './canonical-check.ts'
export { canonicalJson, canonicalString, NotCanonicalisable } from './canonical-json.ts'
export { type Clock, fixedClock } from './clock.ts'
export { documentDigest, hmacSha256, labelledBytes, sha256, sha256Hex } from './hashing.ts'
export {
  pointerTo,
  pointerToken,
  pointerTokens,
  propertyAt,
  withoutProperty,
  withProperty,
} from './json-pointer.ts'
export { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts'
export {
  isLedgerPart,
  type LedgerName,
  ledgerName,
  mainLedger,
  SYSTEM_CONTROL,
  tenantOf,
} from './ledger-name.ts'
export { Problem, type ProblemFields, type ProblemPlace, StoreUnavailable } from './problem.ts'
export { PROBLEM_CODES, type ProblemCode } from './problem-codes.ts'
export { faultPointer, type SchemaFault } from './schema-fault.ts'
export { binaryArray } from './sql-array.ts'
export type { SqlDatabase, SqlRunner, SqlStatement } from './sql-port.ts'
export { JSON_DEPTH_MAX, parseStrictJson, StrictJsonError } from './strict-json.ts'
export {
  EXACT_TIMESTAMP,
  isTimestamp,
  parseTimestamp,
  type Timestamp,
  timestampOf,
} from './timestamp.ts'
export { externalEventId, isUuid, isUuidV7, msOfUuidV7, uuidV7 } from './uuid.ts'
