import { Review, ReviewPath, WithdrawalRequest } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const withdrawReviewRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.post(
    '/reviews/:id/withdraw',
    {
      config: {
        scope: 'reviews:write',
        idempotencyKey: 'required',
        problems: ['overloaded', 'review-not-found', 'review-not-open', 'stale-key'],
      },
      schema: {
        tags: ['reviews'],
        summary: 'Take a question back that you have asked',
        params: ReviewPath,
        body: WithdrawalRequest,
        response: { 200: Review } as object,
      },
    },
    async (request, reply) => {
      const context = commandContext(request)
      const id = request.params.id.toLowerCase()
      const ended = await useCases.withdrawReview(context, id, request.body)
      if (ended instanceof Problem) return refuse(reply, ended)
      return reply.send(settled(reply, { ...ended.review, replayed: ended.replayed }))
    },
  )
