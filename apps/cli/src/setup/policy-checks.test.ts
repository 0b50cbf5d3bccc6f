import { readFileSync } from 'node:fs'
import { directPolicyChecks } from '@writ/commands'
import { afterAll, describe, expect, it } from 'vitest'
import { threadedPolicyChecks } from './policy-checks.ts'

const policy = (name: string): string =>
  readFileSync(new URL(`../../../../examples/policies/${name}.yaml`, import.meta.url), 'utf8')
const BEFORE = policy('finance-constitution-1.0.0')
const AFTER = policy('finance-constitution-1.1.0')

describe('checks of policies in a thread', () => {
  const checks = threadedPolicyChecks()
  afterAll(() => checks.close())

  it('say what they say where they are asked for, also several at once', async () => {
    const [report, broken, loosening, diff] = await Promise.all([
      checks.check(AFTER, BEFORE),
      checks.check('policy: [1'),
      checks.loosening(AFTER, BEFORE),
      checks.diff(BEFORE, AFTER),
    ])
    expect(report).toEqual(await directPolicyChecks.check(AFTER, BEFORE))
    expect(broken).toMatchObject({ passed: false })
    expect(loosening).toEqual(await directPolicyChecks.loosening(AFTER, BEFORE))
    expect(diff).toEqual(await directPolicyChecks.diff(BEFORE, AFTER))
  })

  it('tell a defect to the one who asked, and go on with a new thread', async () => {
    await expect(checks.loosening('policy: [1', BEFORE)).rejects.toThrow('does not load')
    expect(await checks.check(BEFORE)).toMatchObject({ passed: true })
  })

  it('leave the thread that asks free', async () => {
    let turns = 0
    const beat = setInterval(() => turns++, 1)
    await checks.check(AFTER)
    clearInterval(beat)
    expect(turns).toBeGreaterThan(2)
  })
})
