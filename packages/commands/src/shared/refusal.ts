import type { AppendResult } from '@writ/event-log'
import { Problem } from '@writ/kernel'
import { keyReused } from './idempotency.ts'

type Refused = Exclude<AppendResult, { status: 'appended' } | { status: 'duplicate' }>

/** An append that the log refused, as the problem its caller hears. */
export const refusalOf = (result: Refused, streams: readonly string[] = []): Problem => {
  switch (result.status) {
    case 'key-reused':
      return keyReused()
    case 'id-reused':
      return new Problem(
        'event-id-reused',
        'An event with one of these ids is stored with another content, or only a part of these events is stored.',
      )
    case 'conflict': {
      const actual = streams.map((stream, i) => `${stream} is at revision ${result.actual[i]}`)
      return new Problem(
        'revision-conflict',
        `Somebody else appended first: ${actual.join(', ')}. Read it again and decide again.`,
        {
          actualRevisions: result.actual,
        },
      )
    }
    case 'stale-key':
      return new Problem(
        'stale-key',
        'The subject was erased while this command ran; its key is destroyed.',
      )
    case 'stale-control':
      return new Problem('stale-control', 'A control changed while this command ran.')
    case 'unknown-ledger':
      return new Problem('ledger-not-found', 'The ledger of this credential is not opened.')
    case 'over-limit':
      return new Problem('overloaded', 'The limit of this action is used up for now.', {
        retryAfterSeconds: 60,
      })
    default:
      return result
  }
}
