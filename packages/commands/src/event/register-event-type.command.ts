import { isEventType } from '@writ/event-log'
import { documentDigest, type JsonObject, Problem } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { currentEntry } from '../shared/current-entry.ts'
import { compileEventType } from '../shared/event-types.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'

export interface RegisterEventType {
  readonly type: string
  /** Version of the data, integer ≥ 1. */
  readonly schema: number
  /** JSON Schema 2020-12 of the data, a closed object. */
  readonly document: JsonObject
}

export interface RegisteredEventType {
  readonly digest: string
  readonly position: number
  readonly replayed: boolean
}

/** Registers one version of an event type; what is registered stays. The same schema again is answered as before. */
export const registerEventType =
  (deps: Deps) =>
  async (
    context: CommandContext,
    { type, schema, document }: RegisterEventType,
  ): Promise<RegisteredEventType | Problem> => {
    // 1. Does it make a type? Its schema compiles once here, so that no stored type can fail later.
    if (!isEventType(type)) {
      return new Problem(
        'request-invalid',
        'The type must match ^[A-Za-z][A-Za-z0-9._-]{0,127}$.',
        {
          errors: [{ pointer: '/type', message: 'is no event type' }],
        },
      )
    }
    const compiled = compileEventType(document)
    if (compiled instanceof Problem) return compiled

    // 2. Registered before? Immutable: the same content is the same registration, any other is refused.
    const { tenant, ledger } = context.caller
    const digest = documentDigest(document).replace('sha256:', '')
    const stream = `event-type:${type}.${schema}`
    const [earlier] = await deps.reader.stream(ledger, stream)
    if (earlier !== undefined) {
      if (currentEntry(earlier).data.digest === digest) {
        return { digest, position: earlier.position, replayed: true }
      }
      return new Problem(
        'event-type-exists',
        `${type} version ${schema} is registered with another schema. Register version ${schema + 1}.`,
      )
    }

    // 3. Record it. A second registrar at the same moment conflicts on the stream and reads the first's.
    const event = newEvent(deps, context, {
      type: 'EventTypeRegistered',
      stream,
      data: { type, schema, digest },
    })
    const result = await deps.log.append(ledger, {
      caller: context.caller.actor.id,
      events: [{ event, expectedRevision: 0 }],
      registers: [{ type, schema, digest, document }],
    })
    if (result instanceof Problem) return result
    if (result.status === 'conflict')
      return registerEventType(deps)(context, { type, schema, document })
    if (result.status !== 'appended') {
      return result.status === 'duplicate' ? refusalOf({ status: 'id-reused' }) : refusalOf(result)
    }
    deps.eventTypes.forgetMissing(tenant, type, schema)
    return { digest, position: result.places[0]?.position ?? 0, replayed: false }
  }
