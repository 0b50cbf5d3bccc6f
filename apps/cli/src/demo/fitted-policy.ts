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
  // An ordinary day has some ninety approvals; the shipped limit of 200 stays and would stop a runaway day.
  document.tests = testsAt(declineBelow, preacceptFrom)
  return stringify(document)
}

const testsAt = (declineBelow: number, preacceptFrom: number): object[] => {
  const test = (name: string, amount: number, expect: object): object => ({
    name,
    at: '2012-01-05T09:00:00Z',
    request: { amount, hour: 10, weekday: 4 },
    expect,
  })
  const approved = (level: string): object => ({
    outcome: 'approved',
    level,
    codes: ['WITHIN_RANGE'],
  })
  const escalated = { outcome: 'escalated', level: 'AL0' }
  const tests = [
    test('from the lower end of the range', preacceptFrom, approved(levelAt(preacceptFrom))),
    test('at the upper end of the range', PREACCEPT_TO, approved('AL3')),
    test('over the range', PREACCEPT_TO + 1, { ...escalated, codes: ['LARGE_AMOUNT', 'NO_BAND'] }),
  ]
  if (declineBelow > 0)
    tests.push(
      test('below the smallest loan', declineBelow - 1, {
        outcome: 'denied',
        level: 'AL0',
        codes: ['TOO_SMALL'],
      }),
    )
  if (declineBelow < preacceptFrom)
    tests.push(
      test('between the thresholds', declineBelow, { ...escalated, codes: ['NEEDS_CREDIT'] }),
    )
  return tests
}

const levelAt = (amount: number): string =>
  amount <= 10_000 ? 'AL1' : amount <= 20_000 ? 'AL2' : 'AL3'
