import { CeilingRequest, ControlReceipt } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const setCeilingRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.put(
    '/controls/ceilings',
    {
      config: {
        scope: 'controls:write',
        idempotencyKey: 'required',
        problems: ['approval-needed', 'ceiling-unchanged', 'overloaded', 'stale-control'],
      },
      schema: {
        tags: ['controls'],
        summary: 'Lower the highest level at once, or ask two people to raise it',
        body: CeilingRequest,
        response: { 200: ControlReceipt } as object,
      },
    },
    async (request, reply) => {
      const receipt = await useCases.setCeiling(commandContext(request), request.body)
      return receipt instanceof Problem
        ? refuse(reply, receipt)
        : reply.send(settled(reply, receipt))
    },
  )
