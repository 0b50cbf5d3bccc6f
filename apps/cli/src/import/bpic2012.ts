import type { IncomingEvent } from '@writ/commands'
import type { JsonObject } from '@writ/kernel'

/** One row of the BPI Challenge 2012 loan log, by its column names. */
export interface Bpic2012Row {
  readonly 'case:REG_DATE': string
  readonly 'case:concept:name': string
  readonly 'case:AMOUNT_REQ': string
  readonly 'org:resource': string
  readonly 'lifecycle:transition': string
  readonly 'concept:name': string
  readonly 'time:timestamp': string
}

export const BPIC2012_COLUMNS = [
  'case:REG_DATE',
  'case:concept:name',
  'case:AMOUNT_REQ',
  'org:resource',
  'lifecycle:transition',
  'concept:name',
  'time:timestamp',
] as const satisfies readonly (keyof Bpic2012Row)[]

/** Why a row is no row of this log. */
export class BadRow extends Error {
  constructor(row: number, what: string) {
    super(`row ${row}: ${what}`)
    this.name = 'BadRow'
  }
}

/** `W_Completeren aanvraag` has a space, which no event type may have. */
export const eventTypeOf = (activity: string): string =>
  `loan.${activity.replaceAll(/[^A-Za-z0-9._-]/g, '_')}`

/**
 * A row as an event of its application's stream. The original time text keeps its zone in `meta.time`; source and id
 * are the file's digest and the row's number, so the same file can be imported again and adds nothing.
 *
 * @param row number of the row, from 1 without the header
 */
export const bpic2012Event = (
  fields: Bpic2012Row,
  place: { readonly row: number; readonly source: string; readonly correlationId?: string },
): IncomingEvent => {
  const application = fields['case:concept:name']
  const activity = fields['concept:name']
  if (!/^\d{1,12}$/.test(application))
    throw new BadRow(place.row, `case:concept:name must be a number, found ${show(application)}`)
  if (!/^[A-Z]_[A-Za-z_ ]{1,60}$/.test(activity))
    throw new BadRow(place.row, `concept:name is no activity: ${show(activity)}`)
  return {
    type: eventTypeOf(activity),
    stream: `application:${application}`,
    subject: { type: 'application', id: application },
    data: dataOf(fields, place.row),
    id: String(place.row),
    source: place.source,
    occurredAt: fields['time:timestamp'],
    ...(place.correlationId === undefined ? {} : { correlationId: place.correlationId }),
  }
}

const dataOf = (fields: Bpic2012Row, row: number): JsonObject => {
  const amount = Number(fields['case:AMOUNT_REQ'])
  if (!Number.isSafeInteger(amount) || fields['case:AMOUNT_REQ'] === '') {
    throw new BadRow(
      row,
      `case:AMOUNT_REQ must be whole euros, found ${show(fields['case:AMOUNT_REQ'])}`,
    )
  }
  return {
    activity: fields['concept:name'],
    lifecycle: fields['lifecycle:transition'],
    amount,
    registeredAt: fields['case:REG_DATE'],
    // A step done by nobody in particular has no resource: left out, not invented.
    ...(fields['org:resource'] === '' ? {} : { resource: fields['org:resource'] }),
  }
}

/** The closed schema every activity of this log is registered with. */
export const BPIC2012_SCHEMA: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['activity', 'lifecycle', 'amount', 'registeredAt'],
  properties: {
    activity: { type: 'string', maxLength: 64 },
    lifecycle: { enum: ['SCHEDULE', 'START', 'COMPLETE'] },
    amount: { type: 'integer', minimum: 0 },
    registeredAt: { type: 'string', format: 'date-time', maxLength: 40 },
    resource: { type: 'string', maxLength: 32 },
  },
}

const show = (text: string): string => JSON.stringify(text.slice(0, 40))
