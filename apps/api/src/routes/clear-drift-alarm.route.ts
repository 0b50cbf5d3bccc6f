import { DriftAlarmPath, DriftCleared, DriftClearing } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import type { Api, RouteDeps } from '../api.ts'
import { commandContext } from '../door/command-context.ts'
import { refuse } from '../http/problem-reply.ts'
import { settled } from '../http/success.ts'

export const clearDriftAlarmRoute = (api: Api, { useCases }: RouteDeps): Api =>
  api.post(
    '/drift/:alarmId/clear',
    {
      config: {
        scope: 'controls:write',
        idempotencyKey: 'required',
        problems: [
          'drift-alarm-not-found',
          'drift-alarm-not-open',
          'overloaded',
          'person-required',
          'revision-conflict',
        ],
      },
      schema: {
        tags: ['controls'],
        summary: 'Say that a person has looked at a drift alarm',
        params: DriftAlarmPath,
        body: DriftClearing,
        response: { 200: DriftCleared } as object,
      },
    },
    async (request, reply) => {
      const { alarmId } = request.params
      const context = commandContext(request)
      const cleared = await useCases.clearDriftAlarm(context, alarmId.toLowerCase(), request.body)
      return cleared instanceof Problem
        ? refuse(reply, cleared)
        : reply.send(settled(reply, cleared))
    },
  )
