import type { TSchema } from '@sinclair/typebox'
import * as contracts from '@writ/contracts'
import { describe, expect, it } from 'vitest'
import { judgeOf } from './validation.ts'

const fits = (schema: object, value: unknown): boolean => judgeOf(schema)(value) === undefined

const schemas = Object.entries(contracts).filter(
  ([, value]) => typeof value === 'object' && !Array.isArray(value),
)

describe('contracts', () => {
  it.each(schemas)('%s fits its own examples', (_name, schema) => {
    for (const part of partsOf(schema)) {
      for (const example of (part.examples as unknown[] | undefined) ?? []) {
        expect([example, judgeOf(part)(example)]).toEqual([example, undefined])
      }
    }
  })
})

describe('limits', () => {
  const repeat = (text: string, count: number) => text.repeat(count)

  it.each<[string, TSchema, (size: number) => unknown, number]>([
    [
      'EVENTS_PER_REQUEST_MAX (plain)',
      contracts.PlainEvents,
      (n) => Array(n).fill(ONE),
      contracts.EVENTS_PER_REQUEST_MAX,
    ],
    [
      'EVENTS_PER_REQUEST_MAX (CloudEvents)',
      contracts.CloudEventBatch,
      (n) => Array(n).fill({ specversion: '1.0', id: 'i', source: 's', type: 'T' }),
      contracts.EVENTS_PER_REQUEST_MAX,
    ],
    [
      'EVENT_TYPE_CHARS_MAX',
      contracts.PlainEvent,
      (n) => ({ ...ONE, type: repeat('T', n) }),
      contracts.EVENT_TYPE_CHARS_MAX,
    ],
    [
      'NAME_CHARS_MAX (stream category)',
      contracts.PlainEvent,
      (n) => ({ ...ONE, stream: `${repeat('c', n)}:1` }),
      contracts.NAME_CHARS_MAX,
    ],
    [
      'NAME_CHARS_MAX (domain)',
      contracts.DomainPath,
      (n) => ({ domain: repeat('d', n) }),
      contracts.NAME_CHARS_MAX,
    ],
    [
      'EXTERNAL_ID_CHARS_MAX (stream)',
      contracts.PlainEvent,
      (n) => ({ ...ONE, stream: `c:${repeat('1', n)}` }),
      contracts.EXTERNAL_ID_CHARS_MAX,
    ],
    [
      'EXTERNAL_ID_CHARS_MAX (subject)',
      contracts.PlainEvent,
      (n) => ({ ...ONE, subject: { type: 'customer', id: repeat('ä', n) } }),
      contracts.EXTERNAL_ID_CHARS_MAX,
    ],
    [
      'EVENT_ID_CHARS_MAX',
      contracts.PlainEvent,
      (n) => ({ ...ONE, id: repeat('1', n) }),
      contracts.EVENT_ID_CHARS_MAX,
    ],
    [
      'METRIC_CHARS_MAX',
      contracts.OutcomeRequest,
      (n) => ({ metric: repeat('m', n), values: {} }),
      contracts.METRIC_CHARS_MAX,
    ],
    [
      'URI_CHARS_MAX',
      contracts.PlainEvent,
      (n) => ({ ...ONE, source: repeat('s', n) }),
      contracts.URI_CHARS_MAX,
    ],
    [
      'SCHEMA_VERSION_MAX',
      contracts.PlainEvent,
      (n) => ({ ...ONE, schema: n }),
      contracts.SCHEMA_VERSION_MAX,
    ],
    ['PAGE_SIZE_MAX', contracts.EventQuery, (n) => ({ limit: n }), contracts.PAGE_SIZE_MAX],
    [
      'REASON_CHARS_MAX',
      contracts.ActionFlagRequest,
      (n) => ({ state: 'off', reason: repeat('r', n) }),
      contracts.REASON_CHARS_MAX,
    ],
    [
      'POLICY_NAME_CHARS_MAX',
      contracts.PolicyPath,
      (n) => ({ name: repeat('p', n), version: '1' }),
      contracts.POLICY_NAME_CHARS_MAX,
    ],
    [
      'POLICY_VERSION_CHARS_MAX',
      contracts.PolicyPath,
      (n) => ({ name: 'p', version: repeat('1', n) }),
      contracts.POLICY_VERSION_CHARS_MAX,
    ],
    [
      'BODY_BYTES_MAX (policy text)',
      contracts.PolicySource,
      (n) => ({ source: repeat('x', n) }),
      contracts.BODY_BYTES_MAX,
    ],
    [
      'PROBLEM_PLACES_MAX',
      contracts.ProblemReply,
      (n) => ({
        type: 't',
        title: 't',
        status: 422,
        detail: '',
        instance: '',
        code: 'request-invalid',
        errorId: '0b7c9c5e-3f5e-4c8e-9a43-0a6d3d3c1f11',
        errors: Array(n).fill({ pointer: '', message: '' }),
      }),
      contracts.PROBLEM_PLACES_MAX,
    ],
  ])('%s holds at the limit and not one above', (_limit, schema, make, max) => {
    expect([fits(schema, make(max)), fits(schema, make(max + 1))]).toEqual([true, false])
  })

  it('TIME_CHARS_MAX holds the longest RFC 3339 text there is', () => {
    const longest = '2026-03-01T12:00:00.123456789+01:00'
    expect(longest).toHaveLength(contracts.TIME_CHARS_MAX)
    expect(fits(contracts.PlainEvent, { ...ONE, occurredAt: longest })).toBe(true)
  })

  it('PAGE_SIZE_DEFAULT lies within a page', () => {
    expect(fits(contracts.EventQuery, { limit: contracts.PAGE_SIZE_DEFAULT })).toBe(true)
  })
})

const ONE = { type: 'T', data: {} }

describe('a stream name', () => {
  it.each(['customer:c-42', 'a:1', 'loan-application:urn:x:1', 'a-c:ä/€'])(
    'may read %s',
    (stream) => {
      expect(fits(contracts.PlainEvent, { ...ONE, stream })).toBe(true)
    },
  )

  it.each([
    'customer',
    ':1',
    'customer:',
    'Customer:1',
    '1a:1',
    'a:\n',
    'a:\u007f',
    'a b:1',
    'a:1 2',
    'a_b:1',
    'a.b:1',
    'a:\u200b',
  ])('may not read %j', (stream) => {
    expect(fits(contracts.PlainEvent, { ...ONE, stream })).toBe(false)
  })
})

type Part = Record<string, unknown>

const partsOf = (schema: unknown): Part[] => {
  if (Array.isArray(schema)) return schema.flatMap(partsOf)
  if (typeof schema !== 'object' || schema === null) return []
  const part = schema as Part
  const inner = Object.entries(part).flatMap(([key, value]) =>
    key === 'examples' ? [] : partsOf(value),
  )
  // A `properties` map is no schema itself, although its members are.
  return 'examples' in part && Array.isArray(part.examples) ? [part, ...inner] : inner
}
