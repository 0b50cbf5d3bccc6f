import { ControlReceipt, KillSwitchRequest } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { CONTROL_STATUS_CODES } from '../http/control-status.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const setKillSwitchRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.put(
    '/controls/kill-switch',
    {
      config: {
        scope: 'controls:write',
        idempotencyKey: 'required',
        problems: ['overloaded', 'release-needs-second-person', 'stale-control'],
      },
      schema: {
        tags: ['controls'],
        summary: 'Stop at once, or release',
        body: KillSwitchRequest,
        response: { 200: ControlReceipt, 202: ControlReceipt } as object,
      },
    },
    async (request, reply) => {
      const receipt = await useCases.setKillSwitch(commandContext(request), request.body)
      if (receipt instanceof Problem) return refuse(reply, receipt)
      return reply.code(CONTROL_STATUS_CODES[receipt.status]).send(settled(reply, receipt))
    },
  )
