import { parseTimestamp } from '@writ/kernel'
import type { Bpic2012Row } from '../import/bpic2012.ts'

/** What the bank did first with an application, without a clerk's reading or after it. */
export type BankDecision = 'preaccepted' | 'declined' | 'none'

/** One loan application as the log shows it. Times in ms since 1970. */
export interface LoanCase {
  readonly application: string
  readonly amount: number
  readonly submittedAt: number
  /** Local wall-clock hour (0..23) and ISO weekday (1 Monday) in the zone the log wrote. */
  readonly hour: number
  readonly weekday: number
  bank: BankDecision
  bankAt: number
  /** What became of it in the end, as far as the log goes. */
  final: 'approved' | 'declined' | 'cancelled' | 'open'
  finalAt: number
}

/** Gathers cases from the rows, in any order of applications; an application's own rows come in order of time. */
export class LoanCases {
  private readonly cases = new Map<string, LoanCase>()

  add(row: Bpic2012Row): void {
    const application = row['case:concept:name']
    const at = parseTimestamp(row['time:timestamp']) as number
    const activity = row['concept:name']
    if (activity === 'A_SUBMITTED') this.cases.set(application, submitted(row, at))
    const found = this.cases.get(application)
    if (found !== undefined) advance(found, activity, at)
  }

  /** By time of submission, then by number. */
  sorted(): LoanCase[] {
    return [...this.cases.values()].sort(
      (a, b) => a.submittedAt - b.submittedAt || Number(a.application) - Number(b.application),
    )
  }
}

const submitted = (row: Bpic2012Row, at: number): LoanCase => {
  const text = row['time:timestamp']
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDay()
  return {
    application: row['case:concept:name'],
    amount: Number(row['case:AMOUNT_REQ']),
    submittedAt: at,
    hour: Number(text.slice(11, 13)),
    weekday: day === 0 ? 7 : day,
    bank: 'none',
    bankAt: at,
    final: 'open',
    finalAt: at,
  }
}

const advance = (found: LoanCase, activity: string, at: number): void => {
  if (found.bank === 'none' && (activity === 'A_PREACCEPTED' || activity === 'A_DECLINED')) {
    found.bank = activity === 'A_DECLINED' ? 'declined' : 'preaccepted'
    found.bankAt = at
  }
  const final = FINAL.get(activity)
  if (final !== undefined && found.final === 'open') {
    found.final = final
    found.finalAt = at
  }
}

const FINAL = new Map<string, LoanCase['final']>([
  ['A_APPROVED', 'approved'],
  ['A_DECLINED', 'declined'],
  ['A_CANCELLED', 'cancelled'],
])
