import { ActionFlagPath, ActionFlagRequest, ControlReceipt } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { CONTROL_STATUS_CODES } from '../http/control-status.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const setActionFlagRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.put(
    '/controls/flags/:domain/:action',
    {
      config: {
        scope: 'controls:write',
        idempotencyKey: 'required',
        problems: ['overloaded', 'release-needs-second-person', 'stale-control'],
      },
      schema: {
        tags: ['controls'],
        summary: 'Switch one action on, to shadow, or off',
        params: ActionFlagPath,
        body: ActionFlagRequest,
        response: { 200: ControlReceipt, 202: ControlReceipt } as object,
      },
    },
    async (request, reply) => {
      const flag = { ...request.params, ...request.body }
      const receipt = await useCases.setActionFlag(commandContext(request), flag)
      if (receipt instanceof Problem) return refuse(reply, receipt)
      return reply.code(CONTROL_STATUS_CODES[receipt.status]).send(settled(reply, receipt))
    },
  )
