import { describe, expect, it } from 'vitest'
import * as contracts from './index.ts'

const schemas = Object.entries(contracts).filter(
  ([, value]) => typeof value === 'object' && !Array.isArray(value),
)

/** Requests are closed. These replies are open on purpose: their sources say why. */
const OPEN = [
  'Controls',
  'Decision',
  'DecisionReason',
  'DecisionAssignment',
  'EventEntry',
  'Problem',
]

describe('contracts', () => {
  it('are all here', () => {
    expect(schemas.length).toBeGreaterThan(30)
  })

  it.each(schemas)('%s names every object it declares closed or open', (_name, schema) => {
    for (const object of objectsIn(schema)) {
      if (object.properties === undefined) continue
      if (object.title === 'PolicyDocument') continue
      expect(object).toHaveProperty('additionalProperties', OPEN.includes(String(object.title)))
    }
  })

  it.each(schemas)('%s bounds every text and list that a caller sends', (name, schema) => {
    if (!REQUESTS.has(name)) return
    for (const part of allIn(schema)) {
      if (part.type === 'string') {
        const bounded =
          'maxLength' in part || 'pattern' in part || 'enum' in part || 'const' in part
        expect([part, bounded || part.format === 'uuid' || name === 'PolicyYaml']).toEqual([
          part,
          true,
        ])
      }
      if (part.type === 'array') expect(part).toHaveProperty('maxItems')
    }
  })
})

const REQUESTS = new Set([
  'ActionFlagPath',
  'ActionFlagRequest',
  'CloudEvent',
  'CloudEventBatch',
  'DecisionPath',
  'DecisionRequest',
  'DomainPath',
  'EventPath',
  'EventQuery',
  'EventTypePath',
  'ExplanationQuery',
  'KillSwitchRequest',
  'OutcomePath',
  'OutcomeRequest',
  'PlainEvent',
  'PlainEvents',
  'PolicyPath',
  'PolicySource',
])

type Part = Record<string, unknown>

const allIn = (schema: unknown): Part[] => {
  if (Array.isArray(schema)) return schema.flatMap(allIn)
  if (typeof schema !== 'object' || schema === null) return []
  const part = schema as Part
  return [
    part,
    ...Object.entries(part).flatMap(([key, inner]) => (key === 'examples' ? [] : allIn(inner))),
  ]
}

const objectsIn = (schema: unknown): Part[] => allIn(schema).filter(({ type }) => type === 'object')
