import { OWN_EVENTS } from './own-events.ts'
import { type Upcaster, upcasting } from './upcasting.ts'

/** Every change of an event's shape since the first release. How to make one: docs/reference/events.md. */
const UPCASTERS: readonly Upcaster[] = [
  {
    // Activations at a time agreed beforehand, and who approved them (ADR-0011). Before, both were of no account.
    type: 'PolicyVersionActivated',
    from: 1,
    up: (data) => ({ ...data, effectiveFrom: null, approvedBy: [] }),
  },
  {
    // Roles that let a person vote (ADR-0011). Keys of before have none.
    type: 'KeyIssued',
    from: 1,
    up: (data) => ({ ...data, roles: [] }),
  },
]

export const { newestSchema, upcast } = upcasting(OWN_EVENTS, UPCASTERS)
