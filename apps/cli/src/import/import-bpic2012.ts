import type { CommandContext, IncomingEvent } from '@writ/commands'
import { externalEventId, Problem, parseTimestamp } from '@writ/kernel'
import { tenantSecret } from '@writ/privacy'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { must } from '../setup/bootstrap.ts'
import type { Runtime } from '../setup/runtime.ts'
import {
  BadRow,
  BPIC2012_COLUMNS,
  BPIC2012_SCHEMA,
  type Bpic2012Row,
  bpic2012Event,
} from './bpic2012.ts'
import { fileDigest, readCsv } from './read-csv.ts'

/** Events of one append. All or none: a kill between two leaves whole batches, and the next run goes on from there. */
const BATCH = 500

export interface ImportReport {
  readonly events: number
  /** Stored now; the rest had been stored before. */
  readonly added: number
  readonly source: string
}

/** Imports the loan log. Running it again adds nothing; killed halfway and run again it completes. */
export const importLoanLog = async (
  runtime: Runtime,
  context: CommandContext,
  input: {
    readonly file: string
    readonly onRow?: (fields: Bpic2012Row, event: IncomingEvent) => void
    /** `of` is guessed from the share of the file that has been read; the last call has it right. */
    readonly onProgress?: (events: number, of: number) => void
  },
): Promise<ImportReport> => {
  const source = `urn:sha256:${await fileDigest(input.file)}`
  const correlations = new Correlations(runtime, context.caller.tenant)
  const types = new Set<string>()
  let batch: IncomingEvent[] = []
  let events = 0
  let added = 0
  let readShare = 1
  const flush = async (): Promise<void> => {
    added += await appendBatch(runtime, context, batch)
    batch = []
    // Buffers are read ahead of the rows: until the end there is at least one more.
    input.onProgress?.(events, Math.max(events + 1, Math.round(events / readShare)))
  }
  const onRead = (bytes: number, of: number): void => {
    readShare = bytes / of
  }
  for await (const fields of readCsv<Bpic2012Row>(input.file, BPIC2012_COLUMNS, onRead)) {
    const event = eventOf(fields, { row: ++events, source, correlations })
    if (!types.has(event.type)) await register(runtime, context, event.type, types)
    input.onRow?.(fields, event)
    batch.push(event)
    if (batch.length === BATCH) await flush()
  }
  if (batch.length > 0) await flush()
  if (events > 0) input.onProgress?.(events, events)
  return { events, added, source }
}

const eventOf = (
  fields: Bpic2012Row,
  place: { readonly row: number; readonly source: string; readonly correlations: Correlations },
): IncomingEvent => {
  try {
    const event = bpic2012Event(fields, place)
    return { ...event, correlationId: place.correlations.of(event) }
  } catch (fault) {
    if (fault instanceof BadRow) throw new CommandFailed(EXIT.usage, fault.message)
    throw fault
  }
}

/** All events of an application carry the id of its first one. */
class Correlations {
  private readonly first = new Map<string, string>()
  private readonly secret: Uint8Array

  constructor(runtime: Runtime, tenant: string) {
    this.secret = tenantSecret(runtime.deps.secrets, tenant, 'external-event')
  }

  of({ stream = '', source = '', id = '', occurredAt = '' }: IncomingEvent): string {
    const known = this.first.get(stream)
    if (known !== undefined) return known
    const ms = parseTimestamp(occurredAt)
    if (ms === undefined)
      throw new CommandFailed(
        EXIT.usage,
        `row ${id}: time:timestamp is no RFC 3339 time with a zone`,
      )
    const first = externalEventId(this.secret, { source, id, ms })
    this.first.set(stream, first)
    return first
  }
}

const register = async (
  runtime: Runtime,
  context: CommandContext,
  type: string,
  known: Set<string>,
): Promise<void> => {
  must(
    await runtime.useCases.registerEventType(context, {
      type,
      schema: 1,
      document: BPIC2012_SCHEMA,
    }),
  )
  known.add(type)
}

const appendBatch = async (
  { useCases }: Runtime,
  context: CommandContext,
  batch: readonly IncomingEvent[],
): Promise<number> => {
  const { idempotencyKey: _, ...unkeyed } = context
  const whole = await useCases.appendEvents(unkeyed, batch)
  if (!(whole instanceof Problem)) return whole.replayed ? 0 : batch.length
  if (whole.code !== 'event-id-reused') throw whole
  // A part of it is stored, by an import with other batches: one by one then, each is new or known.
  let added = 0
  for (const event of batch) {
    const receipt = await useCases.appendEvents(unkeyed, [event])
    if (receipt instanceof Problem) throw receipt
    if (!receipt.replayed) added++
  }
  return added
}
