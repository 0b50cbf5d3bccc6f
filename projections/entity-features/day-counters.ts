import type { DecisionMade } from '@writ/domain'
import type { JsonObject } from '@writ/kernel'
import type { Row } from '@writ/projector'
import { ownValue } from '../shared/cells.ts'

/** Most names that one map of a day counts apart; the rest of them are counted together. Unit: names. */
export const NAMES_MAX = 100
/** No event type and no field begins with an asterisk. */
export const OTHERS = '*others'

/** A sum with its count, so that means and several days can be had from it. */
export interface Sum {
  readonly count: number
  readonly sum: number
}

type Counts = Readonly<Record<string, number>>

export const emptyDay = (type: string, id: string, day: string): Row => ({
  entity_type: type,
  entity_id: id,
  day,
  decisions: 0,
  by_outcome: {},
  by_level: {},
  events: 0,
  by_type: {},
  sums: {},
})

export const withEvent = (day: Row, type: string): Row => ({
  ...day,
  events: (day.events as number) + 1,
  by_type: countedUp(day.by_type as Counts, type),
})

export const withDecision = (day: Row, { inputs, decided }: DecisionMade): Row =>
  ({
    ...day,
    decisions: (day.decisions as number) + 1,
    by_outcome: countedUp(day.by_outcome as Counts, decided.outcome),
    by_level: countedUp(day.by_level as Counts, decided.autonomyLevel),
    // Without a policy nothing declares what the fields of a request mean, so they are not summed.
    sums:
      inputs.policy === null
        ? day.sums
        : summedUp(day.sums as unknown as Readonly<Record<string, Sum>>, {
            prefix: `${inputs.domain}/${inputs.action}/${decided.outcome}`,
            request: inputs.request,
          }),
  }) as Row

const countedUp = (counts: Counts, name: string): Counts => {
  const at = placeFor(counts, name)
  return { ...counts, [at]: (ownValue(counts, at) ?? 0) + 1 }
}

/**
 * Adds the numbers of a request, by `domain/action/outcome/field`: how much was granted is another question than how
 * much was asked for. A policy's request schema is closed, so every number here is a field that it declares; personal
 * ones are sealed and never reach an entry. Events of producers declare theirs in a registry that is not in the log;
 * those are counted only.
 */
const summedUp = (
  sums: Readonly<Record<string, Sum>>,
  { prefix, request }: { readonly prefix: string; readonly request: JsonObject },
): JsonObject => {
  const summed: Record<string, Sum> = { ...sums }
  for (const field of Object.keys(request).sort()) {
    const value = request[field]
    if (typeof value !== 'number') continue
    const name = `${prefix}/${field}`
    // A sum of everything else would add euros to days.
    if (placeFor(summed, name) === OTHERS) continue
    const { count, sum } = ownValue(summed, name) ?? { count: 0, sum: 0 }
    summed[name] = { count: count + 1, sum: sum + value }
  }
  return summed as unknown as JsonObject
}

const placeFor = (map: Readonly<Record<string, unknown>>, name: string): string =>
  Object.hasOwn(map, name) || Object.keys(map).length < NAMES_MAX ? name : OTHERS
