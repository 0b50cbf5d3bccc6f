import { LOOSENING_QUORUM, type ReviewStage } from '@writ/domain'

/** Who approves that the system may do more by itself. */
export const APPROVER = 'policy-approver'

/** They have a week, since nothing waits but the step itself. */
export const TWO_APPROVERS: readonly ReviewStage[] = [
  { roles: [APPROVER], quorum: LOOSENING_QUORUM, withinMs: 7 * 24 * 3_600_000 },
]
