import { Problem } from '@writ/kernel'
import type { PolicyReference } from './types.ts'

const PART = '(?:0|[1-9][0-9]{0,5})'
const REFERENCE = new RegExp(
  `^([a-z][a-z0-9-]{2,62})@(${PART}\\.${PART}\\.${PART})(?:\\.([A-Z][A-Z0-9]{0,7}))?$`,
)

/**
 * Reads `name@version` or `name@version.VARIANT`.
 *
 * @problem policy-reference-invalid  anything else, such as two @ or no name
 */
export const parsePolicyReference = (text: string): PolicyReference | Problem => {
  const [, name, version, variant] = REFERENCE.exec(text) ?? []
  if (name === undefined || version === undefined) {
    return new Problem(
      'policy-reference-invalid',
      'The policy reference must read name@version or name@version.VARIANT, such as finance-constitution@1.1.0.B.',
      { errors: [{ pointer: '', message: 'must read name@version or name@version.VARIANT' }] },
    )
  }
  return { name, version, ...(variant === undefined ? {} : { variant }) }
}

/** The text of a reference: `finance-constitution@1.1.0.B`. */
export const policyReference = (name: string, version: string, variant?: string | null): string =>
  variant ? `${name}@${version}.${variant}` : `${name}@${version}`

/** Negative when `a` is older than `b`, 0 when they are the same version. Both are `major.minor.patch`. */
export const compareVersions = (a: string, b: string): number => {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  for (const [i, part] of left.entries()) {
    const difference = part - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
