import type { JsonObject } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { OWN_EVENTS } from './own-events.ts'
import { newestSchema, upcast } from './upcasters.ts'
import { SchemaFromTheFuture, type Upcaster, upcasting } from './upcasting.ts'

const CATEGORIES = { ReviewOpened: 'review', VoteCast: 'review' }

/** Three changes of one event: a field is renamed, one becomes a list, one is added. */
const STEPS: readonly Upcaster[] = [
  { type: 'ReviewOpened', from: 2, up: ({ role, ...data }) => ({ ...data, roles: [role ?? ''] }) },
  { type: 'ReviewOpened', from: 1, up: ({ who, ...data }) => ({ ...data, by: who ?? '' }) },
  { type: 'ReviewOpened', from: 3, up: (data) => ({ ...data, quorum: 1 }) },
]

const frozen = (schema: number, data: JsonObject, stream = 'review:1') =>
  Object.freeze({
    ...{ type: 'ReviewOpened', schema, stream, position: 7 },
    data: Object.freeze(data),
  })

describe('an old event', () => {
  const { upcast: read, newestSchema: newest } = upcasting(CATEGORIES, STEPS)
  const today = { by: 'ada', roles: ['cfo'], quorum: 1 }

  it.each([
    [1, { who: 'ada', role: 'cfo' }],
    [2, { by: 'ada', role: 'cfo' }],
    [3, { by: 'ada', roles: ['cfo'] }],
    [4, today],
  ])('of schema %i is read in the shape of today, through every step between', (schema, data) => {
    expect(read(frozen(schema, data))).toEqual({
      ...{ type: 'ReviewOpened', schema: 4, stream: 'review:1', position: 7 },
      data: today,
    })
  })

  it('stays as it is: what is read is another object', () => {
    const stored = frozen(1, { who: 'ada', role: 'cfo' })
    const before = JSON.stringify(stored)
    expect(read(stored)).not.toBe(stored)
    expect(JSON.stringify(stored)).toBe(before)
  })

  it('is the same object where it is of today, or nobody changed its type', () => {
    for (const entry of [frozen(4, today), { ...frozen(1, {}), type: 'VoteCast' }])
      expect(read(entry)).toBe(entry)
    expect([newest('ReviewOpened'), newest('VoteCast')]).toEqual([4, 1])
  })

  it('of a producer is the producer’s: neither its type nor its schema is ours, whatever it is called', () => {
    const other = { ...frozen(9, {}), type: 'com.acme.order.placed' }
    const alike = [frozen(1, { who: 'bo' }, 'order:1'), frozen(9, {}, 'review-of-ours:1')]
    for (const entry of [other, ...alike]) expect(read(entry)).toBe(entry)
  })

  it('of a newer release is refused by name, because a guess could let pass what it forbids', () => {
    const future = () => read(frozen(5, today))
    expect(future).toThrow(SchemaFromTheFuture)
    expect(future).toThrow(expect.objectContaining({ type: 'ReviewOpened', schema: 5, known: 4 }))
    expect(() => read({ ...frozen(2, {}), type: 'VoteCast' })).toThrow(SchemaFromTheFuture)
  })
})

describe('the steps of a type', () => {
  const up = (data: JsonObject): JsonObject => data
  const steps = (...froms: readonly number[]): readonly Upcaster[] =>
    froms.map((from) => ({ type: 'ReviewOpened', from, up }))

  it.each([
    ['two for one schema', steps(1, 1)],
    ['a gap', steps(1, 3)],
    ['no first', steps(2)],
    ['one before the first', steps(0, 1)],
    ['a type that is not ours', [{ type: 'com.acme.order.placed', from: 1, up }]],
  ])('with %s are refused when they are loaded', (_, upcasters) => {
    expect(() => upcasting(CATEGORIES, upcasters)).toThrow()
  })
})

/** A type is here once its shape has changed since the first release. */
const NEWER: Readonly<Record<string, number>> = { PolicyVersionActivated: 2, KeyIssued: 2 }

it('every event of this release is of schema 1, or of the newer one that is listed', () => {
  for (const type of Object.keys(OWN_EVENTS)) expect(newestSchema(type)).toBe(NEWER[type] ?? 1)
  const entry = { type: 'DecisionMade', schema: 1, stream: 'decision:1', data: {} }
  expect(upcast(entry)).toBe(entry)
  expect(() => upcast({ ...entry, schema: 2 })).toThrow(SchemaFromTheFuture)
})

it('an activation of before had no time of its own, and a key no roles', () => {
  const activated = { type: 'PolicyVersionActivated', schema: 1, stream: 'policy:p' }
  expect(upcast({ ...activated, data: { name: 'p' } }).data).toEqual({
    ...{ name: 'p', effectiveFrom: null, approvedBy: [] },
  })
  const issued = { type: 'KeyIssued', schema: 1, stream: 'key:k', data: { keyId: 'k' } }
  expect(upcast(issued).data).toEqual({ keyId: 'k', roles: [] })
})
