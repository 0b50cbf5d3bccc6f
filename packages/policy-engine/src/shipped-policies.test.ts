import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { coverageGaps } from './policy-coverage.ts'
import { runPolicyTests } from './policy-tests.ts'
import { shipped } from './tiny-policy.fixture.ts'

const FOLDER = new URL('../../../examples/policies/', import.meta.url)
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length))

describe('every shipped policy', () => {
  it('is one of those that the documentation names', () => {
    expect(NAMES).toEqual([
      'finance-constitution-1.0.0',
      'finance-constitution-1.1.0',
      'hr-leave-1.0.0',
      'loans-1.0.0',
    ])
  })

  it.each(NAMES)('%s passes its own tests, within two seconds', (name) => {
    const policy = shipped(name)
    const before = performance.now()
    const run = runPolicyTests(policy)
    expect(performance.now() - before).toBeLessThan(2000)
    expect(run).toEqual({ total: policy.document.tests?.length, failed: [] })
    expect(run.total).toBeGreaterThanOrEqual(4)
  })

  it.each(NAMES)('%s has a test for every guardrail, rule and band', (name) => {
    expect(coverageGaps(shipped(name))).toEqual([])
  })

  it.each(NAMES)(
    '%s carries the card that activation asks for, and its name in the file',
    (name) => {
      const { document, version, name: policy } = shipped(name)
      expect(document.card?.owner).toBeTruthy()
      expect(`${policy}-${version}`).toBe(name)
    },
  )
})
