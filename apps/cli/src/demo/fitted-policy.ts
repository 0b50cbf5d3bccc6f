import { parse, stringify } from 'yaml'
import { shippedPolicy } from '../setup/bootstrap.ts'
import { PREACCEPT_TO, type Thresholds } from './fit-thresholds.ts'

/** The shipped `loans` policy with its thresholds refitted, as version 1.1.0, and golden tests at the new bounds. */
export const fittedPolicy = ({ declineBelow, preacceptFrom }: Thresholds): string => {
  const document = parse(shippedPolicy('loans-1.0.0.yaml'))
  document.version = '1.1.0'
  document.card.limitations.push(
    'Thresholds were set from the first 60 % of the applications, by time.',
  )
  document.params.declineBelow.value = declineBelow
  document.params.preacceptFrom.value = preacceptFrom
  document.params.preacceptTo.value = PREACCEPT_TO
  document.params.reviewAbove.value = PREACCEPT_TO
  // A rule that no amount can meet would be a gap in what the tests cover, and it would decide nothing.
  if (declineBelow === 0) {
    const { rules } = document.actions.preaccept
    rules.list = rules.list.filter(({ id }: { id: string }) => id !== 'too-small')
  }
  // An ordinary day has some ninety approvals; the shipped limit of 200 stays and would stop a runaway day.
  document.tests = testsAt({ declineBelow, preacceptFrom })
  return stringify(document)
}

/** Above it the committee reads every application: the shipped guardrail. */
const HARD_LIMIT = 75_000

/** On either side of each bound, and one in each band: each condition is seen to hold and not to hold. */
const testsAt = (thresholds: Thresholds): readonly object[] => {
  const { declineBelow, preacceptFrom } = thresholds
  const amounts = new Set([
    ...[0, declineBelow - 1, declineBelow, preacceptFrom - 1, preacceptFrom],
    ...[8_000, 15_000, PREACCEPT_TO, PREACCEPT_TO + 1, HARD_LIMIT + 1],
  ])
  return [...amounts]
    .filter((amount) => amount >= 0)
    .map((amount) => ({
      name: `${amount} euros`,
      at: '2012-01-05T09:00:00Z',
      request: { amount, hour: 10, weekday: 4 },
      expect: expected(amount, thresholds),
    }))
}

/** What the rules say of an amount during office hours, written down once more and independently. */
const expected = (amount: number, { declineBelow, preacceptFrom }: Thresholds): object => {
  if (amount < declineBelow) return { outcome: 'denied', level: 'AL0', codes: ['TOO_SMALL'] }
  if (amount >= preacceptFrom && amount <= PREACCEPT_TO) {
    const level = amount <= 10_000 ? 'AL1' : amount <= 20_000 ? 'AL2' : 'AL3'
    return { outcome: 'approved', level, codes: ['WITHIN_RANGE'] }
  }
  const codes = [
    ...(amount > PREACCEPT_TO ? ['LARGE_AMOUNT', 'NO_BAND'] : ['NEEDS_CREDIT']),
    ...(amount > HARD_LIMIT ? ['OVER_HARD_LIMIT'] : []),
  ]
  return { outcome: 'escalated', level: 'AL0', codes }
}
