import { Review, ReviewPath } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'

export const readReviewRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.get(
    '/reviews/:id',
    {
      config: { scope: 'reviews:read', problems: ['review-not-found'] },
      schema: {
        tags: ['reviews'],
        summary: 'One review: what is asked, of whom, and whether you may answer',
        params: ReviewPath,
        response: { 200: Review } as object,
      },
    },
    async (request, reply) => {
      const { caller } = commandContext(request)
      const review = await useCases.reviewById(caller, request.params.id.toLowerCase())
      return review instanceof Problem ? refuse(reply, review) : reply.send(review)
    },
  )
