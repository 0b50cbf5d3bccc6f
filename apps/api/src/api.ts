import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Caller, Scope, UseCases } from '@writ/commands'
import type { ProblemCode, SqlRunner } from '@writ/kernel'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { FeedWake } from './feed/feed-wake.ts'
import type { OpenFeeds } from './feed/open-feeds.ts'

export type Api = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** What a route calls; nothing else is within its reach. */
export interface RouteDeps {
  readonly useCases: UseCases
  readonly feeds: OpenFeeds
  readonly wake: FeedWake
  /** Reads the tables of read models. */
  readonly readModels: SqlRunner
  /** RFC 3339 */
  readonly now: () => string
}

/** When a mutating route insists on an Idempotency-Key; where it does not, it still takes one. */
export type IdempotencyRule = 'accepted' | 'required' | 'required-in-production'

/** What the edge knows of a request besides its body; filled step by step by the hooks in door/. */
export interface RequestFacts {
  /** UUID in lower case: the caller's, else a new one. */
  readonly correlationId: string
  /** Valid W3C trace context, or nothing. */
  readonly traceparent: string | undefined
  caller?: Caller
  idempotencyKey?: string
  /** For the line that the request leaves in the log. */
  problem?: { readonly code: ProblemCode; readonly errorId: string }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a credential must carry; `public` needs no credential. A route without one does not register. */
    readonly scope?: Scope | 'public'
    readonly idempotencyKey?: IdempotencyRule
    /** The read model that the route reads: Writ-Min-Position waits for it. */
    readonly projection?: string
    /** Codes that this route alone can answer with; those that every route shares are added by openapi/. */
    readonly problems?: readonly ProblemCode[]
  }
  interface FastifyRequest {
    facts: RequestFacts
  }
}
