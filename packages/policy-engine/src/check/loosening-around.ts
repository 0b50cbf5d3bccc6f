import { pointerTo } from '@writ/kernel'
import type { LoadedPolicy } from '../loaded-policy.ts'
import type { FieldSchema, StageDocument } from '../policy-document.ts'
import type { Loosening } from './loosening.ts'

/**
 * What is loosened around the conditions: requests that were refused before they were judged, and people who have to
 * approve what is escalated. Errs on the side of naming a change.
 */
export const looseningAround = (
  before: LoadedPolicy,
  after: LoadedPolicy,
): readonly Loosening[] => [...widerRequests(before, after), ...easierPaths(before, after)]

const widerRequests = (before: LoadedPolicy, after: LoadedPolicy): readonly Loosening[] =>
  [...after.actions.values()].flatMap(({ name, document }) => {
    const old = before.actions.get(name)?.document.request
    const pointer = `${pointerTo('/actions', name)}/request`
    return old === undefined ? [] : wider(old, document.request, pointer)
  })

/** Lower bounds may not fall and upper bounds may not rise; absent ones are no bound at all. */
const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'] as const
const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'] as const

const wider = (old: FieldSchema, now: FieldSchema, pointer: string): readonly Loosening[] => {
  const found: Loosening[] = []
  const name = (what: string, at = pointer): void => void found.push({ pointer: at, what })
  const accepts = 'accepts requests that were refused before'
  if (old.type !== now.type || old.format !== now.format) name(`${accepts}: another type`)
  for (const bound of LOWER)
    if ((now[bound] ?? -Infinity) < (old[bound] ?? -Infinity)) name(`${accepts}: a lower ${bound}`)
  for (const bound of UPPER)
    if ((now[bound] ?? Infinity) > (old[bound] ?? Infinity)) name(`${accepts}: a higher ${bound}`)
  const { enum: words } = old
  if (words !== undefined && !(now.enum?.every((word) => words.includes(word)) ?? false))
    name(`${accepts}: another value`)
  for (const field of old.required ?? [])
    if (!now.required?.includes(field)) name(`${accepts}: without ${field}`)
  for (const [field, schema] of Object.entries(old.properties ?? {})) {
    const later = now.properties?.[field]
    if (later !== undefined)
      found.push(...wider(schema, later, pointerTo(`${pointer}/properties`, field)))
  }
  if (old.items !== undefined && now.items !== undefined)
    found.push(...wider(old.items, now.items, `${pointer}/items`))
  return found
}

const easierPaths = (
  { document: before }: LoadedPolicy,
  { document: after }: LoadedPolicy,
): readonly Loosening[] => {
  const paths = Object.entries(before.escalation?.paths ?? {}).flatMap(([name, old]) => {
    const pointer = pointerTo('/escalation/paths', name)
    const now = after.escalation?.paths[name]
    return now === undefined
      ? [{ pointer, what: `the path ${name} is gone` }]
      : easierStages(old, now, { name, pointer })
  })
  const excluded = before.escalation?.exclude ?? ['requester']
  const still = after.escalation?.exclude ?? ['requester']
  const freed = excluded.filter((one) => !still.includes(one))
  const pointer = '/escalation/exclude'
  return [...paths, ...freed.map((one) => ({ pointer, what: `the ${one} may vote` }))]
}

/** A review is granted by its last stage, so stages are compared from the end. */
const easierStages = (
  old: readonly StageDocument[],
  now: readonly StageDocument[],
  { name, pointer }: { readonly name: string; readonly pointer: string },
): readonly Loosening[] => {
  if (now.length < old.length) return [{ pointer, what: `the path ${name} has fewer stages` }]
  return old.flatMap((stage, i) => {
    const at = now.length - old.length + i
    const { roles, quorum = 1 } = now[at] as StageDocument
    const others = roles.filter((role) => !stage.roles.includes(role))
    return [
      ...(quorum < (stage.quorum ?? 1)
        ? [{ pointer: `${pointer}/${at}/quorum`, what: `the path ${name} asks fewer people` }]
        : []),
      ...others.map((role) => ({
        pointer: `${pointer}/${at}/roles`,
        what: `the path ${name} asks the role ${role} too`,
      })),
    ]
  })
}
