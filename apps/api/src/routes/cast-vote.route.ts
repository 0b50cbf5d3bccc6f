import { Review, ReviewPath, VoteRequest } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const castVoteRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.post(
    '/reviews/:id/votes',
    {
      config: { scope: 'reviews:write', idempotencyKey: 'required', problems: PROBLEMS },
      schema: {
        tags: ['reviews'],
        summary: 'Vote, as a person, on what you were shown',
        params: ReviewPath,
        body: VoteRequest,
        response: { 201: Review } as object,
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const cast = await useCases.castVote(commandContext(request), id.toLowerCase(), request.body)
      if (cast instanceof Problem) return refuse(reply, cast)
      return reply.code(201).send(settled(reply, { ...cast.review, replayed: cast.replayed }))
    },
  )

const PROBLEMS = [
  'already-voted',
  'overloaded',
  'person-required',
  'review-content-changed',
  'review-not-found',
  'review-not-open',
  'review-overdue',
  'revision-conflict',
  'role-missing',
  'self-approval-forbidden',
  'stale-key',
] as const
