import { checkPolicy } from '@writ/policy-engine'
import { expect, it } from 'vitest'
import { fittedPolicy } from './fitted-policy.ts'

it.each([
  [0, 5_000],
  [1_000, 5_000],
  [5_000, 7_500],
  [5_000, 20_000],
  [2_000, 2_000],
])('declining below %i and accepting from %i is a policy that may be activated', (below, from) => {
  const report = checkPolicy(fittedPolicy({ declineBelow: below, preacceptFrom: from }))
  const failed = report.gates.filter(({ status }) => status === 'failed')
  expect(failed).toEqual([])
})
