import type { JsonObject } from '@writ/kernel'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { shownValue } from '../shown-value.ts'
import type { AtomTable } from './atom-table.ts'
import { type Sight, WITHHELD } from './explained-atom.ts'
import type { Audience, ExplainedPolicy } from './explanation.ts'

/**
 * What each audience may see. Personal values: only an auditor, and only one whose credential may open them. Clauses
 * and thresholds of conditions marked sensitive: everybody but the person they are about.
 */
export const sightOf = (audience: Audience, mayReadPersonal: boolean): Sight => ({
  personal: audience === 'auditor' && mayReadPersonal,
  sensitive: audience !== 'subject',
})

/** The policy that judged, with the parameters in force; without those that a hidden condition reads. */
export const explainedPolicy = (
  policy: LoadedPolicy,
  table: AtomTable,
  { variant, sight }: { readonly variant: string | null; readonly sight: Sight },
): ExplainedPolicy => {
  const { name, version, digest } = policy
  const { params: sets } = table.action
  const base = (sets.get(null) ?? {}) as Values
  const inForce = (sets.get(variant) ?? base) as Values
  const hidden = sight.sensitive ? new Set<string>() : hiddenParams(table)
  const shown = Object.keys(inForce).filter((param) => !hidden.has(param))
  const changed = shown.filter(
    (param) => JSON.stringify(safely(inForce[param])) !== JSON.stringify(safely(base[param])),
  )
  return {
    name,
    version,
    variant,
    ref: `${name}@${version}${variant === null ? '' : `.${variant}`}`,
    digest,
    params: Object.fromEntries(shown.map((param) => [param, safely(inForce[param])])),
    overlay: Object.fromEntries(
      changed.map((param) => [param, { base: safely(base[param]), value: safely(inForce[param]) }]),
    ) as JsonObject as ExplainedPolicy['overlay'],
  }
}

type Values = Readonly<Record<string, unknown>>

/** Parameters that conditions marked sensitive compare with, themselves or through derived values. */
const hiddenParams = ({ guardrails, rules }: AtomTable): ReadonlySet<string> => {
  const reads = [...guardrails, ...rules]
    .filter(({ sensitive }) => sensitive)
    .flatMap((each) => [...each.reads])
  return new Set(
    reads.filter((read) => /^(?:params|base)\./.test(read)).map((read) => read.split('.')[1] ?? ''),
  )
}

const safely = (value: unknown) => {
  try {
    return shownValue(value)
  } catch {
    return WITHHELD
  }
}
