import { Ready } from '@writ/contracts'
import type { Api, RouteDeps } from '../api.ts'

export const readyRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.get(
    '/ready',
    {
      config: { scope: 'public' },
      schema: {
        tags: ['service'],
        summary: 'Can requests be served?',
        response: { 200: Ready, 503: Ready } as object,
      },
    },
    async (_request, reply) => {
      const report = await useCases.ready()
      return reply
        .code(report.ready ? 200 : 503)
        .header('Cache-Control', 'no-store')
        .send(report)
    },
  )
