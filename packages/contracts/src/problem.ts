import { type Static, Type } from '@sinclair/typebox'
import { PROBLEM_CODES } from '@writ/kernel'
import { PROBLEM_PLACES_MAX } from './limits.ts'
import { closed, oneOf, Uuid } from './scalars.ts'

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

/** The stable URI of a code: an identifier, not an address. */
export const problemType = (code: string): string => `urn:writ:problem:${code}`

export const ProblemPlace = closed(
  {
    in: Type.Optional(
      oneOf(['query', 'path', 'header'], { description: 'Part of the request. Absent: the body.' }),
    ),
    pointer: Type.String({
      description: 'RFC 6901 pointer to the bad or missing field.',
      examples: ['/request/discount'],
    }),
    message: Type.String({ examples: ['must be number'] }),
  },
  { title: 'ProblemPlace' },
)

/** RFC 9457, with members of our own. Open, as the RFC asks: some codes add fields. */
export const ProblemReply = Type.Object(
  {
    type: Type.String({ examples: ['urn:writ:problem:request-invalid'] }),
    title: Type.String({ examples: ['Request invalid'] }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String(),
    instance: Type.String({ description: '`urn:uuid:` and the errorId.' }),
    code: oneOf(Object.keys(PROBLEM_CODES), { description: 'See docs/reference/problems.md.' }),
    errorId: Uuid,
    errors: Type.Optional(Type.Array(ProblemPlace, { maxItems: PROBLEM_PLACES_MAX })),
  },
  {
    $id: 'Problem',
    title: 'Problem',
    additionalProperties: true,
    description: 'RFC 9457 problem details. Never a stack, a secret or a personal datum.',
  },
)

export type ProblemReply = Static<typeof ProblemReply>
export type ProblemPlace = Static<typeof ProblemPlace>
