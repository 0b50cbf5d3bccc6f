import { readFileSync } from 'node:fs'
import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { loadPolicy } from '../load-policy.ts'
import { looseningOf } from './loosening.ts'

const SHIPPED = readFileSync(
  new URL('../../../../examples/policies/finance-constitution-1.1.0.yaml', import.meta.url),
  'utf8',
).replace(/^tests:[\s\S]*$/m, '')

const documentOf = (text: string) => {
  const policy = loadPolicy(text)
  if (policy instanceof Problem) throw new Error(policy.detail)
  return policy.document
}

/** What two people are asked for, between the shipped policy with one text replaced and with another one. */
const between = (text: string, before: string, after: string) => {
  expect(SHIPPED).toContain(text)
  const [old, now] = [before, after].map((each) => documentOf(SHIPPED.replace(text, each)))
  return looseningOf(old as never, now as never).map(({ what }) => what)
}

describe('a step by which more passes is asked of two people', () => {
  it('where a variant is given more', () => {
    const text = 'params: { al2MaxDiscount: 0.10 }'
    expect(between(text, text, 'params: { al2MaxDiscount: 0.14 }')).not.toEqual([])
  })

  it('where a parameter is given more', () => {
    const text = 'value: 0.12, min: 0.05'
    expect(between(text, text, 'value: 0.14, min: 0.05')).not.toEqual([])
  })

  it('where the daily limit of a band is gone', () => {
    const text = 'vetoWindow: PT4H'
    expect(between(text, 'vetoWindow: PT4H, limits: { perDay: 5 }', text)).not.toEqual([])
  })

  it('where the request may hold values that were refused before, and a band accepts them', () => {
    const text = 'discount: { type: number, minimum: 0, maximum: 1,'
    const narrow = 'discount: { type: number, minimum: 0, maximum: 0.02,'
    expect(between(text, narrow, text)).not.toEqual([])
  })

  it('where fewer people have to approve what is escalated', () => {
    expect(between('quorum: 1', 'quorum: 2', 'quorum: 1')).not.toEqual([])
  })

  it('where other people may approve what is escalated', () => {
    expect(between('roles: [cfo]', 'roles: [cfo]', 'roles: [clerk]')).not.toEqual([])
  })

  it('where who asks may approve it', () => {
    const text = 'exclude: [requester]'
    expect(between(text, text, 'exclude: []')).not.toEqual([])
  })
})
