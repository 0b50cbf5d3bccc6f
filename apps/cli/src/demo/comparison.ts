import type { LoanCase } from './loan-cases.ts'

/** A case with what Writ decided at its submission. */
export interface JudgedCase {
  readonly loan: LoanCase
  readonly outcome: string
  readonly level: string
}

/** Writ's decisions against the bank's own first ones, on cases the thresholds were not set from. */
export interface Comparison {
  readonly cases: number
  /** Rows: what Writ said; columns: what the bank did first. */
  readonly matrix: readonly {
    readonly writ: string
    readonly preaccepted: number
    readonly declined: number
    readonly none: number
  }[]
  readonly decidedAlone: number
  /** Of the cases decided alone, the share in which the bank did the same. */
  readonly agreement: number
  readonly escalatedShare: number
  readonly baselines: {
    /** Agreement of declining every case. */
    readonly alwaysDecline: number
    readonly alwaysPreaccept: number
    /** The same two on the cases that Writ decided alone, the fair rivals of `agreement`. */
    readonly alwaysDeclineOnDecided: number
    readonly alwaysPreacceptOnDecided: number
  }
}

export const compare = (judged: readonly JudgedCase[]): Comparison => {
  const outcomes = [...new Set(judged.map((one) => one.outcome))].sort()
  const alone = judged.filter((one) => one.outcome === 'approved' || one.outcome === 'denied')
  const agreeing = alone.filter(
    ({ outcome, loan }) => (outcome === 'approved' ? 'preaccepted' : 'declined') === loan.bank,
  )
  return {
    cases: judged.length,
    matrix: outcomes.map((writ) => {
      const row = judged.filter((one) => one.outcome === writ)
      return {
        writ,
        preaccepted: count(row, 'preaccepted'),
        declined: count(row, 'declined'),
        none: count(row, 'none'),
      }
    }),
    decidedAlone: alone.length,
    agreement: ratio(agreeing.length, alone.length),
    escalatedShare: ratio(judged.length - alone.length, judged.length),
    baselines: {
      alwaysDecline: ratio(count(judged, 'declined'), judged.length),
      alwaysPreaccept: ratio(count(judged, 'preaccepted'), judged.length),
      alwaysDeclineOnDecided: ratio(count(alone, 'declined'), alone.length),
      alwaysPreacceptOnDecided: ratio(count(alone, 'preaccepted'), alone.length),
    },
  }
}

const count = (judged: readonly JudgedCase[], bank: LoanCase['bank']): number =>
  judged.filter((one) => one.loan.bank === bank).length

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)
