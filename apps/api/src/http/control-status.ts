import type { ControlReceipt } from '@writ/commands'

/** A release that waits for a second person is accepted, not done. */
export const CONTROL_STATUS_CODES = {
  set: 200,
  unchanged: 200,
  'release-requested': 202,
} as const satisfies Record<ControlReceipt['status'], number>
