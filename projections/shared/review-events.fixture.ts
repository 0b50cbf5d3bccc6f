import type { JsonObject } from '@writ/kernel'
import { minutesAfterNoon, type Told } from './history.fixture.ts'

export const reviewTold = (id: string, type: string, data: JsonObject = {}): Told => ({
  type,
  stream: `review:${id}`,
  data,
})

/** A question that the desk has five minutes for; its digest holds what texts may hold. */
export const reviewOpened = (id: string): Told =>
  reviewTold(id, 'ReviewOpened', {
    ...{ kind: 'decision', digest: 'é"\\', about: {}, domain: 'finance', action: 'discount' },
    ...{ subject: null, decisionId: null, path: null, exclude: [], requestedBy: 'ada' },
    ...{ onTimeout: 'deny', due: minutesAfterNoon(5) },
    stages: [{ roles: ['cfo'], quorum: 1, withinMs: 300_000 }],
  })

export const voteCast = (id: string, verdict: 'approve' | 'decline'): Told =>
  reviewTold(id, 'VoteCast', { by: 'bo', verdict, reason: { code: 'FINE' }, stage: 0 })
