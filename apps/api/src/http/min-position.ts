import type { Caller } from '@writ/commands'
import { Problem } from '@writ/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Api } from '../api.ts'
import { callerOf } from '../door/command-context.ts'
import type { FeedWake } from '../feed/feed-wake.ts'
import { refuse } from './problem-reply.ts'

/** Longest wait for a read model to reach the position that a request asks for. Unit: ms. */
export const MIN_POSITION_WAIT_MS = 2_000
/** Time between two looks. Read models follow the log within milliseconds. Unit: ms. */
const LOOK_MS = 10

export interface MinPositionDeps {
  /** How far the live build of a read model has folded the ledger. */
  readonly positionOf: (caller: Caller, projection: string) => Promise<number>
  /** The head of the log: what routes that fold streams themselves have read up to. */
  readonly headOf: (caller: Caller) => Promise<number>
  readonly wake: FeedWake
  readonly waitMs?: number
}

/**
 * A reader who has just written sends `Writ-Min-Position` with the position of his write, and reads what contains it:
 * the request waits until the read model is there, a while at most. Routes say in their config which read model they
 * read; the others fold the log itself, and their `Writ-Position` is its head before they read.
 */
export const waitForMinPosition = (api: Api, deps: MinPositionDeps): void => {
  api.addHook('preHandler', async (request, reply) => {
    const { projection } = request.routeOptions.config
    if (projection === undefined) {
      const { caller } = request.facts
      if (request.method !== 'GET' || caller === undefined) return
      reply.header('Writ-Position', String(await deps.headOf(caller)))
      return
    }
    const header = request.headers['writ-min-position']
    if (header === undefined) return
    const wanted =
      typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined
    if (wanted === undefined) {
      return refuse(
        reply as FastifyReply,
        new Problem('request-invalid', 'Writ-Min-Position is a whole number.'),
      )
    }
    const behind = await stillBehind(deps, request, { projection, wanted })
    if (behind !== undefined) return refuse(reply as FastifyReply, behind)
  })
}

/** @problem read-model-behind */
const stillBehind = async (
  { positionOf, wake, waitMs = MIN_POSITION_WAIT_MS }: MinPositionDeps,
  request: Pick<FastifyRequest, 'facts'>,
  { projection, wanted }: { readonly projection: string; readonly wanted: number },
): Promise<Problem | undefined> => {
  const caller = callerOf(request)
  const until = performance.now() + waitMs
  for (;;) {
    const position = await positionOf(caller, projection)
    if (position >= wanted) return undefined
    if (performance.now() >= until) {
      return new Problem(
        'read-model-behind',
        `The read model ${projection} stands at position ${position}, ${wanted - position} before the one asked for.`,
        { position, lag: wanted - position, retryAfterSeconds: 1 },
      )
    }
    await wake.wait(caller.ledger, LOOK_MS)
  }
}
