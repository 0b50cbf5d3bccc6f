import { Type } from '@sinclair/typebox'
import { PROBLEM_MEDIA_TYPE } from '@writ/contracts'
import { PROBLEM_CODES, type ProblemCode } from '@writ/kernel'
import type { FastifySchema, RouteOptions } from 'fastify'
import { HTTP_STATUS } from '../http-status.ts'
import { DOCS_PREFIX } from '../require-scope.ts'
import { headersOf } from './operation-headers.ts'

interface Described {
  readonly schema: FastifySchema
  readonly url: string
}

/** What the document says of a route beyond its own schema: credential, headers, and every problem it can answer. */
export const operationOf = ({
  schema,
  url,
  route,
}: {
  readonly schema: FastifySchema
  readonly url: string
  readonly route: RouteOptions
}): Described => {
  if (url.startsWith(DOCS_PREFIX))
    return { schema: { ...schema, hide: true } as FastifySchema, url }
  const scope = route.config?.scope
  const open = scope === 'public' || scope === undefined
  const described = {
    ...schema,
    operationId: operationIdOf(route),
    security: open ? [] : [{ apiKey: [scope] }],
    headers: headersOf(route),
    response: { ...(schema.response as object), ...problemResponses(codesOf(route)) },
    ...(open ? {} : { 'x-scope': scope }),
  }
  return withSharedPath({ schema: described as FastifySchema, url })
}

/** `POST /policies/:name/:version/activate` → `postPoliciesNameVersionActivate`: stable, as client code is named so. */
const operationIdOf = ({ method, url }: RouteOptions): string =>
  [String(method).toLowerCase(), ...url.split(/[^A-Za-z]+/).filter((word) => word !== '')]
    .map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('')

/** Every code a route can answer with, its own and those that come with what it takes. */
const codesOf = ({ config, schema }: RouteOptions): readonly ProblemCode[] => {
  const codes: ProblemCode[] = ['correlation-id-invalid', 'internal', ...(config?.problems ?? [])]
  if (config?.scope !== 'public') {
    codes.push('unauthorized', 'forbidden', 'too-many-attempts', 'store-unavailable')
  }
  if (schema?.body !== undefined) {
    codes.push('malformed-json', 'body-too-large', 'content-type-unsupported')
  }
  if ((schema?.body ?? schema?.params ?? schema?.querystring) !== undefined)
    codes.push('request-invalid')
  if (config?.idempotencyKey !== undefined)
    codes.push('idempotency-key-invalid', 'idempotency-key-reused')
  if (config?.idempotencyKey !== undefined && config.idempotencyKey !== 'accepted') {
    codes.push('idempotency-key-required')
  }
  return [...new Set(codes)].sort()
}

const problemResponses = (codes: readonly ProblemCode[]): Record<number, object> => {
  const responses: Record<number, { description: string; content: object }> = {}
  for (const code of codes) {
    const line = `\`${code}\`: ${PROBLEM_CODES[code]}`
    const known = responses[HTTP_STATUS[code]]
    responses[HTTP_STATUS[code]] = {
      description: known === undefined ? line : `${known.description}\n\n${line}`,
      content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: 'Problem#' } } },
    }
  }
  return responses
}

/**
 * OpenAPI takes `/decisions/{domain}` and `/decisions/{id}` for one path, whatever the names, and forbids to list it
 * twice. The document lists both methods under one name; the routes keep theirs.
 */
const withSharedPath = ({ schema, url }: Described): Described => {
  const match = /^\/decisions\/:(domain|id)$/.exec(url)
  if (match === null) return { schema, url }
  const { properties } = schema.params as { readonly properties: Record<string, object> }
  const only = properties[match[1] as string] as object
  const description =
    match[1] === 'domain' ? 'The domain of the decision.' : 'The id of the decision.'
  const params = Type.Object({ domainOrId: Type.Unsafe({ ...only, description }) })
  return { schema: { ...schema, params }, url: '/decisions/:domainOrId' }
}
