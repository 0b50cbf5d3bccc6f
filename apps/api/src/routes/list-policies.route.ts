import { PolicyList } from '@writ/contracts'
import type { Api, RouteDeps } from '../api.ts'
import { callerOf } from '../door/command-context.ts'

export const listPoliciesRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.get(
    '/policies',
    {
      config: { scope: 'policies:read' },
      schema: {
        tags: ['policies'],
        summary: 'All versions of all policies',
        response: { 200: PolicyList } as object,
      },
    },
    async (request) => ({ policies: await useCases.listPolicies(callerOf(request)) }),
  )
