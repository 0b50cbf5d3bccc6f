import { Health } from '@writ/contracts'
import type { Api } from '../api.ts'

export const healthRoute = (api: Api): Api =>
  api.get(
    '/health',
    {
      config: { scope: 'public' },
      schema: {
        tags: ['service'],
        summary: 'Is the process alive?',
        response: { 200: Health } as object,
      },
    },
    async () => ({ ok: true }),
  )
