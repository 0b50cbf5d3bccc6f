import { readFileSync } from 'node:fs'
import { Problem } from '@writ/kernel'
import { type LoadedPolicy, loadPolicy } from '@writ/policy-engine'
import { describe, expect, it } from 'vitest'
import { judge, killSwitchCaps, limitCap } from './decision.decider.ts'
import type { DecisionInputs } from './decision.events.ts'

const NOON = '2026-03-02T12:00:00.000Z'

const shipped = (file: string): LoadedPolicy => {
  const url = new URL(`../../../../examples/policies/${file}`, import.meta.url)
  const policy = loadPolicy(readFileSync(url, 'utf8'))
  if (policy instanceof Problem) throw new Error(policy.detail)
  return policy
}

const FINANCE = shipped('finance-constitution-1.0.0.yaml')
/** Fits all three bands: the lowest, AL1, is the one it needs. */
const TIGHT = { discount: 0.04, margin: 0.31 }
/** Fits the widest band only. */
const WIDE = { discount: 0.14, margin: 0.31 }

const inputs = (
  request: DecisionInputs['request'],
  caps: DecisionInputs['control']['caps'] = [],
): DecisionInputs => ({
  domain: 'finance',
  action: 'discount',
  request,
  subject: { type: 'customer', id: 'c-42' },
  at: NOON,
  control: { epoch: 0, counter: 3, systemCounter: 1, caps },
  policy: { name: FINANCE.name, version: FINANCE.version, digest: FINANCE.digest },
  variant: null,
})

const judged = (request: DecisionInputs['request'], caps?: DecisionInputs['control']['caps']) =>
  judge(FINANCE, inputs(request, caps), { raw: request })

describe('a decision', () => {
  it('acts at the level it needs while nothing caps it', () => {
    expect(judged(TIGHT)).toMatchObject({
      outcome: 'approved',
      autonomyLevel: 'AL1',
      neededLevel: 'AL1',
    })
    expect(judged(WIDE)).toMatchObject({
      outcome: 'approved',
      autonomyLevel: 'AL3',
      neededLevel: 'AL3',
    })
  })

  it.each(['human-only', 'stop-execution'] as const)(
    'under the kill switch %s goes to a person, whatever level it needs',
    (state) => {
      for (const request of [TIGHT, WIDE]) {
        const decided = judged(request, killSwitchCaps(state))
        expect(decided).toMatchObject({ outcome: 'escalated', autonomyLevel: 'AL0' })
        expect(decided.ceilings).toContainEqual({ source: `kill-switch:${state}`, level: 'AL0' })
      }
    },
  )

  it('whose daily limit is used up is decided one level lower: what needs no more still passes', () => {
    const caps = [limitCap('finance/discount/AL3')]
    expect(judged(TIGHT, caps)).toMatchObject({ outcome: 'approved', autonomyLevel: 'AL1' })
    expect(judged(WIDE, caps)).toMatchObject({
      outcome: 'escalated',
      autonomyLevel: 'AL0',
      neededLevel: 'AL3',
    })
  })

  it('obeys the lowest of several caps', () => {
    const caps = [limitCap('x'), ...killSwitchCaps('human-only')]
    expect(judged(TIGHT, caps).autonomyLevel).toBe('AL0')
    expect(judged(TIGHT, [...caps].reverse()).autonomyLevel).toBe('AL0')
  })

  it('without a policy is escalated with NO_POLICY', () => {
    const decided = judge(null, { ...inputs(TIGHT), policy: null }, { raw: TIGHT })
    expect(decided).toMatchObject({
      outcome: 'escalated',
      autonomyLevel: 'AL0',
      neededLevel: null,
      codes: ['NO_POLICY'],
    })
  })

  it('on the same inputs is the same to the byte, however often it is run', () => {
    const first = JSON.stringify(judged(WIDE))
    for (let i = 0; i < 50; i++) expect(JSON.stringify(judged(WIDE))).toBe(first)
  })
})

describe('the caps of a kill switch', () => {
  it('are none while it is off or freezes policies only, and none while it halts: then nobody judges', () => {
    for (const state of ['off', 'freeze-policies', 'halt'] as const) {
      expect(killSwitchCaps(state)).toEqual([])
    }
  })
})
