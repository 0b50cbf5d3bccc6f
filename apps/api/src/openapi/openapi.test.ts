import { PROBLEM_CODES } from '@writ/kernel'
import { beforeAll, describe, expect, it } from 'vitest'
import { routesOf } from '../testing/routes-of.ts'
import { testServer } from '../testing/test-server.ts'

type Node = Record<string, unknown>
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security: readonly Record<string, readonly string[]>[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required: boolean
  }[]
  readonly responses: Record<string, { readonly description: string; readonly content?: Node }>
}

let document: {
  readonly openapi: string
  readonly info: Node
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Node; readonly securitySchemes: Node }
}

beforeAll(async () => {
  const { api } = await testServer()
  document = (await api.inject({ url: '/docs/json' })).json()
  await api.close()
})

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

describe('the OpenAPI document', () => {
  it('is 3.1 with title, version and one bearer scheme', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.info).toMatchObject({
      title: 'Writ',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    })
    expect(document.components.securitySchemes).toMatchObject({
      apiKey: { type: 'http', scheme: 'bearer' },
    })
  })

  it('has every route and nothing else', async () => {
    const wanted = (await routesOf())
      .filter(({ method }) => method !== 'HEAD')
      .map(
        ({ method, url }) =>
          `${method} ${url.replace(/^\/decisions\/:(domain|id)$/, '/decisions/:domainOrId')}`,
      )
    const found = operations().map(
      ({ method, path }) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
    )
    expect(found.sort()).toEqual(wanted.sort())
  })

  it('lists no two paths that differ by the names of their parameters alone', () => {
    const shapes = Object.keys(document.paths).map((path) => path.replace(/\{\w+\}/g, '{}'))
    expect(new Set(shapes).size).toBe(shapes.length)
  })

  it('gives every operation an id of its own, a summary, a known tag and its scope', async () => {
    const ids = operations().map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    const tags = document.tags.map(({ name }) => name)
    const scopes = (await routesOf()).map(({ scope }) => scope)
    for (const { operation } of operations()) {
      expect(operation.summary).not.toBe('')
      expect(tags).toContain(operation.tags[0])
      const [needs] = operation.security
      if (needs !== undefined) expect(scopes).toContain(needs.apiKey?.[0])
    }
  })

  it('declares each parameter of a path, and only those', () => {
    for (const { path, operation } of operations()) {
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
      expect(declared.map(({ name }) => name).sort()).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort(),
      )
      expect(declared.every(({ required }) => required)).toBe(true)
    }
  })

  it('names the Idempotency-Key where a route takes one', () => {
    const takes = (operation: Operation) =>
      operation.parameters?.find(({ name }) => name === 'Idempotency-Key')?.required
    expect(takes(document.paths['/events']?.post as Operation)).toBe(false)
    expect(takes(document.paths['/controls/kill-switch']?.put as Operation)).toBe(true)
    expect(takes(document.paths['/events']?.get as Operation)).toBeUndefined()
  })

  it('describes every reply, a success first, problems as problem+json', () => {
    for (const { operation } of operations()) {
      const statuses = Object.keys(operation.responses)
      expect(statuses.some((status) => status.startsWith('2'))).toBe(true)
      for (const [status, reply] of Object.entries(operation.responses)) {
        expect(reply.description).not.toBe('')
        expect(reply.description).not.toBe('Default Response')
        const types = Object.keys(reply.content ?? {})
        const isReadiness = operation.operationId === 'getReady'
        if (Number(status) >= 400 && !isReadiness)
          expect(types).toEqual(['application/problem+json'])
      }
    }
  })

  it('resolves every reference inside itself', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, ref]) => ref as string,
    )
    expect(references.length).toBeGreaterThan(50)
    for (const reference of references) {
      const name = /^#\/components\/schemas\/([A-Za-z0-9._-]+)$/.exec(reference)?.[1] ?? ''
      expect([reference, name in document.components.schemas]).toEqual([reference, true])
    }
  })

  it('knows every code of the catalogue', () => {
    const problem = document.components.schemas.Problem as {
      properties: { code: { enum: string[] } }
    }
    expect(problem.properties.code.enum).toEqual(Object.keys(PROBLEM_CODES))
  })
})
