import type { LoanCase } from './loan-cases.ts'

/** What the `loans` policy may be refitted by. Whole euros. */
export interface Thresholds {
  /** Below it an application is denied. */
  readonly declineBelow: number
  /** From it on, up to the policy's own upper end, an application is approved. */
  readonly preacceptFrom: number
}

/** The share of the bank's own decisions that a threshold must agree with on the cases it is set from. */
export const AGREEMENT_WANTED = 0.65
const STEP = 500
/** The parameters' own ranges in the policy. */
const DECLINE_BELOW_MAX = 5_000
const PREACCEPT_FROM_MAX = 20_000
export const PREACCEPT_TO = 50_000

/**
 * Sets the thresholds from cases the bank has decided: as many cases as possible settled by amount alone, while the
 * bank agreed with at least {@link AGREEMENT_WANTED} of them. What lies between goes to people. Nothing of the cases it
 * is judged on later may be among these.
 */
export const fitThresholds = (training: readonly LoanCase[]): Thresholds => {
  const decided = training.filter((one) => one.bank !== 'none')
  let declineBelow = 0
  for (let limit = STEP; limit <= DECLINE_BELOW_MAX; limit += STEP) {
    const below = decided.filter((one) => one.amount < limit)
    if (below.length > 0 && share(below, 'declined') >= AGREEMENT_WANTED) declineBelow = limit
  }
  let preacceptFrom = PREACCEPT_FROM_MAX
  for (let limit = PREACCEPT_FROM_MAX; limit >= Math.max(1_000, declineBelow); limit -= STEP) {
    const within = decided.filter((one) => one.amount >= limit && one.amount <= PREACCEPT_TO)
    if (within.length > 0 && share(within, 'preaccepted') >= AGREEMENT_WANTED) preacceptFrom = limit
  }
  return { declineBelow, preacceptFrom }
}

const share = (cases: readonly LoanCase[], bank: LoanCase['bank']): number =>
  cases.filter((one) => one.bank === bank).length / cases.length
