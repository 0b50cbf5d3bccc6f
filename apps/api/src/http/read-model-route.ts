import type { TSchema } from '@sinclair/typebox'
import type { Caller, Scope } from '@writ/commands'
import { Problem, type ProblemCode, type SqlRunner } from '@writ/kernel'
import type { FastifyRequest } from 'fastify'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'
import { nextLink } from './next-link.ts'
import { refuse } from './problem-reply.ts'

/** What every query of a read model answers. */
interface Answer {
  readonly position: number
  readonly next?: string
}

/** What a query gets to see of the request. */
export interface Asked<Query, Path> {
  readonly sql: SqlRunner
  readonly caller: Caller
  readonly query: Query
  readonly path: Path
  /** Of this process: what "now" means where the caller names no time. RFC 3339. */
  readonly now: string
}

export interface ReadModelRoute<Query, Path> {
  readonly url: string
  readonly scope: Scope
  /** Name of the read model that is asked. */
  readonly projection: string
  readonly tag: string
  readonly summary: string
  readonly problems?: readonly ProblemCode[]
  readonly querystring?: TSchema & { readonly static: Query }
  readonly params?: TSchema & { readonly static: Path }
  readonly reply: TSchema
  readonly read: (asked: Asked<Query, Path>) => Promise<Answer | Problem>
}

/**
 * A GET over a read model: the reply says how far the model had folded (`Writ-Position`), links to its next page, waits
 * for `Writ-Min-Position` and can be kept by its ETag.
 */
export const readModelRoute = <Query, Path>(
  api: Api,
  { readModels, now }: RouteDeps,
  route: ReadModelRoute<Query, Path>,
): Api =>
  api.get(
    route.url,
    {
      config: {
        scope: route.scope,
        projection: route.projection,
        problems: ['read-model-behind', ...(route.problems ?? [])],
      },
      schema: {
        tags: [route.tag],
        summary: route.summary,
        ...(route.querystring === undefined ? {} : { querystring: route.querystring }),
        ...(route.params === undefined ? {} : { params: route.params }),
        response: { 200: route.reply } as object,
      },
    },
    async (request, reply) => {
      const asked = {
        sql: readModels,
        caller: callerOf(request),
        query: request.query as Query,
        path: request.params as Path,
        now: now(),
      }
      const answer = await route.read(asked).catch(notBuiltYet)
      if (answer instanceof Problem) return refuse(reply, answer)
      reply.header('Writ-Position', String(answer.position))
      if (answer.next !== undefined) {
        reply.header(
          'Link',
          nextLink(pathOf(request), request.query as object as never, answer.next),
        )
      }
      return reply.send(answer as never)
    },
  ) as Api

/** In the first moments of an installation nobody has made the tables yet (SQLSTATE 42P01, no such relation). */
const notBuiltYet = (fault: unknown): Problem => {
  if ((fault as { code?: unknown }).code !== '42P01') throw fault
  return new Problem('read-model-behind', 'The read model is being built for the first time.', {
    retryAfterSeconds: 1,
  })
}

/** The path as it was asked for, without its query. */
const pathOf = ({ url }: Pick<FastifyRequest, 'url'>): string => url.split('?')[0] as string
