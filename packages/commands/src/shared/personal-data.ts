import type { Append, Commitment, Entry, SealedValue } from '@writ/event-log'
import {
  type JsonObject,
  type JsonValue,
  type LedgerName,
  propertyAt,
  withoutProperty,
  withProperty,
} from '@writ/kernel'
import { type KnownSubject, NON_PERSONAL_KINDS, openValue, sealValue } from '@writ/privacy'
import type { Deps } from '../deps.ts'

export interface NamedSubject {
  readonly type: string
  readonly id: string
}

/** A subject as the entry names it, with its key where it is a person. */
export interface PlacedSubject {
  readonly type: string
  readonly id: string
  readonly known?: KnownSubject
}

/** People get an id that Writ issued; an invoice keeps its own. */
export const placeSubject = async (
  { vault }: Pick<Deps, 'vault'>,
  tenant: string,
  subject: NamedSubject,
): Promise<PlacedSubject> => {
  if (NON_PERSONAL_KINDS.has(subject.type)) return subject
  const known = await vault.known(tenant, subject.type, subject.id)
  return { type: subject.type, id: known.issuedId, known }
}

/**
 * A subject as entries name it, for reading: a person's own id is turned into the issued one, and nothing is issued. An
 * id that stands for nobody is left as it is, since callers may hold issued ids too.
 */
export const storedSubject = async (
  { vault }: Pick<Deps, 'vault'>,
  tenant: string,
  { type, id }: NamedSubject,
): Promise<NamedSubject> => {
  if (NON_PERSONAL_KINDS.has(type)) return { type, id }
  return { type, id: (await vault.issuedIdOf(tenant, type, id)) ?? id }
}

/** What a sealed event consists of: the data that may stand in the entry, and what lies beside it. */
export interface SealedData {
  readonly data: JsonObject
  readonly commitments: Readonly<Record<string, Commitment>>
  readonly sealed: readonly SealedValue[]
}

/** Takes the values at `pointers` ("" = all of the data) out of an event's data and seals them under the key. */
export const sealData = (
  { random }: Pick<Deps, 'random'>,
  key: KnownSubject,
  event: {
    readonly ledger: LedgerName
    readonly eventId: string
    readonly data: JsonObject
    readonly pointers: readonly string[]
  },
): SealedData => {
  let data = event.data
  const commitments: Record<string, Commitment> = {}
  const sealed: SealedValue[] = []
  for (const pointer of event.pointers) {
    const value = propertyAt(event.data, pointer)
    if (value === undefined) continue
    const place = { ledger: event.ledger, eventId: event.eventId, pointer }
    const { commitment, nonce, ciphertext } = sealValue(key, place, { value, random })
    commitments[pointer] = commitment
    sealed.push({ eventId: event.eventId, pointer, keyId: key.keyId, nonce, ciphertext })
    data = pointer === '' ? {} : withoutProperty(data, pointer)
  }
  return { data, commitments, sealed }
}

/** The parts of an append that sealing adds; nothing where there is nothing. */
export const sealedParts = (
  subject: PlacedSubject | undefined,
  sealed: readonly SealedValue[],
): Pick<Append, 'sealed' | 'keyIds'> => {
  if (subject?.known === undefined) return {}
  // Even without a sealed value the key must exist: an erased subject gets no new entries under its old id.
  return { keyIds: [subject.known.keyId], ...(sealed.length > 0 ? { sealed } : {}) }
}

/** An entry's data with its attached values put back, and its sealed ones where they can be opened. */
export interface OpenedData {
  readonly data: JsonObject
  /** Pointers of values that were opened: the caller of this must record that. */
  readonly opened: readonly string[]
  /** Pointers of values whose key or sealed row is gone. */
  readonly erased: readonly string[]
}

export const openData = async (
  deps: Pick<Deps, 'reader' | 'vault'>,
  entry: Entry,
  options: { readonly tenant: string; readonly personal: boolean },
): Promise<OpenedData> => {
  let data = await withAttachments(deps, entry)
  const pointers = Object.entries(entry.commitments ?? {}).filter(([, value]) => 'c' in value)
  if (pointers.length === 0 || !options.personal) return { data, opened: [], erased: [] }
  const values = await openSealed(deps, entry, options.tenant)
  const opened: string[] = []
  const erased: string[] = []
  for (const [pointer] of pointers) {
    const value = values.get(pointer)
    if (value === undefined) erased.push(pointer)
    else {
      opened.push(pointer)
      data = pointer === '' ? (value as JsonObject) : withProperty(data, pointer, value)
    }
  }
  return { data, opened, erased }
}

const withAttachments = async (
  { reader }: Pick<Deps, 'reader'>,
  entry: Entry,
): Promise<JsonObject> => {
  let data = entry.data
  for (const [pointer, commitment] of Object.entries(entry.commitments ?? {})) {
    if (!('sha256' in commitment)) continue
    const text = await reader.attachment(entry.ledger, commitment.sha256)
    if (text !== undefined) data = withProperty(data, pointer, JSON.parse(text) as JsonValue)
  }
  return data
}

const openSealed = async (
  { reader, vault }: Pick<Deps, 'reader' | 'vault'>,
  entry: Entry,
  tenant: string,
): Promise<ReadonlyMap<string, JsonValue>> => {
  const rows = await reader.sealedValues(entry.ledger, entry.id)
  const keys = await vault.keys(
    tenant,
    rows.map((row) => row.key_id),
  )
  const values = new Map<string, JsonValue>()
  for (const row of rows) {
    const key = keys.get(row.key_id)
    const commitment = entry.commitments?.[row.pointer]
    if (key === undefined || commitment === undefined || !('c' in commitment)) continue
    const place = { ledger: entry.ledger, eventId: entry.id, pointer: row.pointer }
    values.set(
      row.pointer,
      openValue(key, place, { commitment, nonce: row.nonce, ciphertext: row.ciphertext }),
    )
  }
  return values
}
