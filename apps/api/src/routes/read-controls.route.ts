import { Controls } from '@writ/contracts'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'

export const readControlsRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.get(
    '/controls',
    {
      config: { scope: 'controls:read' },
      schema: {
        tags: ['controls'],
        summary: 'Kill switch, flags and active policies as they stand',
        response: { 200: Controls } as object,
      },
    },
    async (request, reply) => {
      const controls = await useCases.controls(callerOf(request))
      return reply.header('Cache-Control', 'no-store').send(controls)
    },
  )
