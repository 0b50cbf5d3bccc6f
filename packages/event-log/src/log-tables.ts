interface EntryRow {
  ledger_no: number
  revision: number
  position: bigint
  id: string
  correlation_id: string | null
  tenant: string
  stream: string
  type: string
  hash: Uint8Array
  request_mac: Uint8Array | null
  entry: string
}

/** The tables of schema `log` that are read with the query builder. Columns as the database ports hand them over. */
export interface LogTables {
  'log.ledgers': { ledger_no: number; tenant: string; ledger: string }
  'log.heads': {
    ledger_no: number
    tenant: string
    position: bigint
    hash: Uint8Array
    control_counter: bigint
    epoch: number
    recorded_at: Date
  }
  'log.entries': EntryRow
  'log.kept_entries': EntryRow
  /** Entries, and those of detached ranges that Writ still folds. */
  'log.readable_entries': EntryRow
  'log.cold_ends': {
    ledger_no: number
    tenant: string
    position: bigint
    hash: Uint8Array
    frontier: Uint8Array
  }
  'log.cold_ids': {
    ledger_no: number
    tenant: string
    id: string
    position: bigint
    request_mac: Uint8Array | null
  }
  'log.cold_streams': { ledger_no: number; tenant: string; stream: string; revision: number }
  'log.control_entries': { ledger_no: number; tenant: string; counter: bigint; position: bigint }
  'log.append_keys': {
    ledger_no: number
    created_at: Date
    first_position: bigint
    events: number
    tenant: string
    key: Uint8Array
    fingerprint: Uint8Array
  }
  'log.attachments': { ledger_no: number; tenant: string; digest: Uint8Array; content: string }
  'log.event_types': {
    tenant: string
    type: string
    schema: number
    ledger_no: number
    position: bigint
    digest: Uint8Array
    document: unknown
  }
  'log.sealed_values': {
    ledger_no: number
    tenant: string
    event_id: string
    pointer: string
    key_id: string
    nonce: Uint8Array
    ciphertext: Uint8Array
  }
}
