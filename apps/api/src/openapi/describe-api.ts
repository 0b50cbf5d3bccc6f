import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { ProblemReply } from '@writ/contracts'
import type { Api } from '../api.ts'
import { DOCS_PREFIX } from '../require-scope.ts'
import { withNamedSchemas } from './named-schemas.ts'
import { operationOf } from './operation.ts'

/** Name of the one security scheme. */
export const API_KEY_SCHEME = 'apiKey'

/** OpenAPI 3.1 from the contracts at /docs; must be registered before the routes it describes. */
export const describeApi = async (api: Api): Promise<void> => {
  api.addSchema(ProblemReply)
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Writ',
        version: '0.1.0',
        description:
          'Governs automated decisions: events in, decisions out, each one durable before it is answered. ' +
          'Errors are RFC 9457 problem details. Bodies are never coerced; unknown fields are refused.',
      },
      tags: [
        { name: 'events', description: 'What happened' },
        { name: 'decisions', description: 'May this be done?' },
        { name: 'outcomes', description: 'What came of it' },
        { name: 'policies', description: 'What is allowed' },
        { name: 'controls', description: 'Stop and release' },
        { name: 'entities', description: 'What is known of one' },
        { name: 'reviews', description: 'What people are asked' },
        { name: 'service', description: 'Is it up?' },
      ],
      components: {
        securitySchemes: {
          [API_KEY_SCHEME]: {
            type: 'http',
            scheme: 'bearer',
            description:
              '`Authorization: Bearer writ_<env>_<id>_<secret>`. Each operation names the scope it needs.',
          },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `def-${i}`),
    },
    transform: operationOf,
    transformObject: (document) =>
      'openapiObject' in document
        ? withNamedSchemas(document.openapiObject)
        : document.swaggerObject,
  })
  await api.register(swaggerUi, { routePrefix: DOCS_PREFIX, staticCSP: true })
}
