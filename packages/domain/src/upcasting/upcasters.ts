import { OWN_EVENTS } from './own-events.ts'
import { type Upcaster, upcasting } from './upcasting.ts'

/** Every change of an event's shape since the first release: none yet. How to make one: docs/reference/events.md. */
const UPCASTERS: readonly Upcaster[] = []

export const { newestSchema, upcast } = upcasting(OWN_EVENTS, UPCASTERS)
