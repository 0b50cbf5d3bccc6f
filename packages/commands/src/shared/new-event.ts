import { newestSchema, type OwnEventType } from '@writ/domain'
import type { NewEvent } from '@writ/event-log'
import { timestampOf } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'

/** An event of Writ's own: acted by the caller, told at the deciding clock, correlated as the caller asked. */
export const newEvent = (
  { newId, clock }: Pick<Deps, 'newId' | 'clock'>,
  context: CommandContext,
  event: { readonly type: OwnEventType } & Pick<NewEvent, 'stream' | 'data'> &
    Partial<Pick<NewEvent, 'id' | 'occurredAt' | 'causationId' | 'commitments'>>,
): NewEvent => {
  const id = event.id ?? newId()
  return {
    schema: newestSchema(event.type),
    actor: context.caller.actor,
    correlationId: context.correlationId ?? id,
    occurredAt: timestampOf(clock.now()),
    ...metaOf(context),
    ...event,
    id,
  }
}

const metaOf = ({ traceparent, onBehalfOf }: CommandContext): Pick<NewEvent, 'meta'> => {
  if (traceparent === undefined && onBehalfOf === undefined) return {}
  return {
    meta: {
      ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
      ...(traceparent === undefined ? {} : { traceparent }),
    },
  }
}
