import { type JsonObject, Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { compileEventType } from './event-types.ts'

const closed = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
})

const compiled = (document: JsonObject) => {
  const type = compileEventType(document)
  if (type instanceof Problem) throw new Error(type.detail)
  return type
}

/** Where a schema is refused. */
const refusedAt = (document: JsonObject): readonly string[] => {
  const type = compileEventType(document)
  if (!(type instanceof Problem)) return []
  expect(type.code).toBe('event-type-schema-invalid')
  return (type.fields.errors ?? []).map(({ pointer }) => pointer)
}

describe('the schema of an event type', () => {
  it('names what is personal and whose it is, in nested objects too', () => {
    const address = closed({ street: { type: 'string', 'x-personal': true } })
    const type = compiled(
      closed({
        member: { type: 'string', 'x-subject': 'member' },
        plan: { type: 'string' },
        address,
        diary: { ...closed({ day: { type: 'string' } }), 'x-personal': true },
      }),
    )
    expect(type.personal).toEqual(['/address/street', '/diary'])
    expect(type.subject).toEqual({ pointer: '/member', type: 'member' })
  })

  it('is closed at every depth, or refused with the place', () => {
    expect(refusedAt({ type: 'object', properties: {} })).toEqual([''])
    expect(refusedAt(closed({ inner: { type: 'object' } }))).toEqual(['/properties/inner'])
    expect(refusedAt(closed({ list: { type: 'array', items: { type: 'object' } } }))).toEqual([
      '/properties/list/items',
    ])
  })

  it('is one of an object', () => {
    expect(refusedAt({ type: 'string' })).toEqual(['/type'])
  })

  it('takes no pattern: one that back-tracks would stop the process', () => {
    expect(refusedAt(closed({ a: { type: 'string', pattern: '(a+)+$' } }))).toEqual([
      '/properties/a/pattern',
    ])
  })

  it('has a subject where anything is personal, and never two', () => {
    expect(refusedAt(closed({ name: { type: 'string', 'x-personal': true } }))).toEqual([''])
    const named = { type: 'string', 'x-subject': 'member' }
    expect(refusedAt(closed({ a: named, b: named }))).toEqual([''])
  })

  it('is refused where JSON Schema does not know it', () => {
    expect(refusedAt(closed({ a: { type: 'number', 'x-unknown': 1 } }))).toEqual([''])
    expect(refusedAt(closed({ a: { type: 'figure' } }))).toEqual([''])
  })
})

describe('data of a registered type', () => {
  const { check } = compiled(
    closed(
      { total: { type: 'number' }, note: { type: 'string', maxLength: 3 } },
      { required: ['total'] },
    ),
  )

  it.each<[string, JsonObject, readonly string[]]>([
    ['that fits', { total: 1.5, note: 'abc' }, []],
    ['with a number as text', { total: '1' }, ['/total']],
    ['without a field that must be there', { note: 'a' }, ['/total']],
    ['with a field that nobody knows', { total: 1, extra: true }, ['/extra']],
    ['with two faults', { total: null, note: 'abcd' }, ['/note', '/total']],
  ])('%s is judged by place', (_, data, places) => {
    expect(
      check(data)
        .map(({ pointer }) => pointer)
        .sort(),
    ).toEqual(places)
  })
})
