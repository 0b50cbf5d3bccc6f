import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { compareVersions, parsePolicyReference, policyReference } from './policy-reference.ts'

describe('a policy reference reads name@version or name@version.VARIANT', () => {
  it.each([
    ['finance-constitution@1.1.0', { name: 'finance-constitution', version: '1.1.0' }],
    [
      'finance-constitution@1.1.0.B',
      { name: 'finance-constitution', version: '1.1.0', variant: 'B' },
    ],
    ['loans@0.0.10.TEST2', { name: 'loans', version: '0.0.10', variant: 'TEST2' }],
  ])('%s', (text, reference) => {
    expect(parsePolicyReference(text)).toEqual(reference)
    const { name, version, variant } = reference as {
      name: string
      version: string
      variant?: string
    }
    expect(policyReference(name, version, variant)).toBe(text)
  })

  it.each([
    ...[
      '',
      '@',
      'loans',
      'loans@',
      '@1.0.0',
      'loans@1',
      'loans@1.0',
      'loans@1@2',
      'loans@1.0.0@1.0.0',
    ],
    ...[
      'loans@1.0.0.b',
      'loans@1.0.0.',
      'loans@1.0.0.B.C',
      'loans@01.0.0',
      'loans@1.0.0 ',
      ' loans@1.0.0',
    ],
    ...[
      'Loans@1.0.0',
      'lo@1.0.0',
      'loans@1.0.0\n',
      'loans@1.0.0.TOOLONGID',
      'loans@1.0.-1',
      'loans@latest',
    ],
  ])('refuses %j', (text) => {
    const problem = parsePolicyReference(text)
    expect(problem).toBeInstanceOf(Problem)
    expect((problem as Problem).code).toBe('policy-reference-invalid')
  })
})

describe('versions compare as numbers', () => {
  it('part by part', () => {
    const sorted = ['1.10.0', '1.2.10', '0.9.9', '1.2.9', '10.0.0'].toSorted(compareVersions)
    expect(sorted).toEqual(['0.9.9', '1.2.9', '1.2.10', '1.10.0', '10.0.0'])
    expect(compareVersions('1.2.3', '1.2.3')).toBe(0)
  })
})
