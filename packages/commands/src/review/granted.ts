import {
  type CeilingSet,
  ceilingStream,
  type PolicyVersionApproved,
  policyStream,
  type ReviewOpened,
} from '@writ/domain'
import type { NewEvent } from '@writ/event-log'
import type { JsonObject } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { newEvent } from '../shared/new-event.ts'

/**
 * What a granted review brings about, written in the same append as the grant: there is no moment in which people have
 * agreed and nothing has come of it. A granted decision is its own consequence: whoever asked reads it.
 */
export const consequencesOf = (
  deps: Pick<Deps, 'newId' | 'clock'>,
  context: CommandContext,
  granted: { readonly id: string; readonly opened: ReviewOpened; readonly by: readonly string[] },
): readonly NewEvent[] => {
  const { id, opened, by } = granted
  switch (opened.kind) {
    case 'decision':
      return []
    case 'policy': {
      const about = opened.about as unknown as Omit<
        PolicyVersionApproved,
        'approvedBy' | 'reviewId'
      >
      const data: PolicyVersionApproved = { ...about, approvedBy: by, reviewId: id }
      return [
        newEvent(deps, context, {
          type: 'PolicyVersionApproved',
          stream: policyStream(data.name),
          data: data as unknown as JsonObject,
        }),
      ]
    }
    case 'ceiling': {
      const about = opened.about as unknown as Omit<CeilingSet['data'], 'reviewId'>
      const data: CeilingSet['data'] = { ...about, reviewId: id }
      return [
        newEvent(deps, context, {
          type: 'CeilingSet',
          stream: ceilingStream(data.scope),
          data: data as unknown as JsonObject,
        }),
      ]
    }
    default:
      return opened.kind satisfies never
  }
}
