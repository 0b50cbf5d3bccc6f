import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  pointerTo,
} from '@writ/kernel'
import type { AtomTree } from '../expr-atoms.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import type { FieldSchema, PolicyDocument } from '../policy-document.ts'

export type PartKind =
  | 'policy'
  | 'action'
  | 'request-field'
  | 'feature'
  | 'derive'
  | 'evidence'
  | 'guardrail'
  | 'rule'
  | 'band'
  | 'param'
  | 'variant'
  | 'escalation'
  | 'reward'

/** One part of a policy that is not what it was. Parts are told apart by their stable ids, never by their place. */
export interface StructuralChange {
  readonly change: 'added' | 'removed' | 'changed'
  readonly kind: PartKind
  readonly id: string
  /** Into the later version; into the earlier where the part is gone. */
  readonly pointer: string
  /** Properties that differ, as text; for conditions the expression. */
  readonly properties: readonly {
    readonly name: string
    readonly before: string | null
    readonly after: string | null
  }[]
  /** Clauses of the condition that are new or gone. */
  readonly atoms?: { readonly added: readonly string[]; readonly removed: readonly string[] }
}

/** What differs in the text of two policies that load. */
export const structuralDiff = (
  before: LoadedPolicy,
  after: LoadedPolicy,
): readonly StructuralChange[] => {
  const old = partsOf(before)
  const now = partsOf(after)
  const keys = [...new Set([...old.keys(), ...now.keys()])]
  return keys.flatMap((key) => changeOf(old.get(key), now.get(key)) ?? [])
}

interface Part {
  readonly kind: PartKind
  readonly id: string
  readonly pointer: string
  readonly value: JsonObject
  readonly atoms: readonly string[]
}

const changeOf = (before: Part | undefined, after: Part | undefined): StructuralChange | null => {
  const part = after ?? before
  if (!part) return null
  const names = [
    ...new Set([...Object.keys(before?.value ?? {}), ...Object.keys(after?.value ?? {})]),
  ]
  const properties = names.flatMap((name) => {
    const [old, now] = [shown(before?.value[name]), shown(after?.value[name])]
    return old === now ? [] : [{ name, before: old, after: now }]
  })
  if (before && after && properties.length === 0) return null
  const { kind, id, pointer } = part
  const change = !before ? 'added' : !after ? 'removed' : 'changed'
  const atoms = atomChanges(before?.atoms ?? [], after?.atoms ?? [])
  return { change, kind, id, pointer, properties, ...(atoms ? { atoms } : {}) }
}

const shown = (value: JsonValue | undefined): string | null => {
  if (value === undefined) return null
  return typeof value === 'string' ? value : canonicalJson(value)
}

const atomChanges = (before: readonly string[], after: readonly string[]) => {
  const added = after.filter((atom) => !before.includes(atom))
  const removed = before.filter((atom) => !after.includes(atom))
  return added.length + removed.length === 0 ? null : { added, removed }
}

/** Every part with an id of its own, by kind and id. */
const partsOf = (policy: LoadedPolicy): ReadonlyMap<string, Part> => {
  const { document } = policy
  const parts = new Map<string, Part>()
  const add: Add = (kind, id, pointer, value, atoms = []) => {
    const own = isJsonObject(value) ? value : { value }
    parts.set(`${kind} ${id}`, { kind, id, pointer, value: own, atoms })
  }
  const {
    domain,
    description = null,
    card = null,
    assist = null,
  } = document as PolicyDocument & {
    readonly description?: string
  }
  add('policy', document.policy, '', { domain, description, card, assist } as unknown as JsonObject)
  for (const name of Object.keys(document.actions)) addAction(policy, name, add)
  for (const [id, param] of Object.entries(document.params ?? {})) {
    add('param', id, pointerTo('/params', id), param as unknown as JsonObject)
  }
  for (const [i, { id, params = {} }] of (document.variants?.list ?? []).entries()) {
    add('variant', id, `/variants/list/${i}`, params)
  }
  const { paths = {}, onTimeout = null, exclude = null } = document.escalation ?? {}
  if (document.escalation)
    add('escalation', 'all', '/escalation', { onTimeout, exclude } as JsonObject)
  for (const [id, stages] of Object.entries(paths)) {
    add(
      'escalation',
      `path ${id}`,
      pointerTo('/escalation/paths', id),
      stages as unknown as JsonValue,
    )
  }
  for (const [i, reward] of (document.reward ?? []).entries()) {
    add('reward', reward.metric, `/reward/${i}`, reward as unknown as JsonObject)
  }
  return parts
}

type Add = (
  kind: PartKind,
  id: string,
  pointer: string,
  value: JsonValue,
  atoms?: readonly string[],
) => void

const addAction = (policy: LoadedPolicy, name: string, add: Add): void => {
  const action = policy.actions.get(name)
  if (!action) return
  const { document } = action
  const at = pointerTo('/actions', name)
  const of = (id: string) => `${name}/${id}`
  const { effect = 'reversible', description = null, rules, autonomy } = document
  const order = rules.hit === 'first' ? rules.list.map(({ id }) => id) : null
  add('action', name, at, {
    effect,
    description,
    hit: rules.hit,
    default: rules.default as unknown as JsonObject,
    ceiling: autonomy.ceiling,
    order,
  })
  addFields({ pointer: `${at}/request`, id: of('request') }, document.request, add)
  for (const [id, type] of Object.entries(document.features ?? {})) {
    add('feature', of(id), `${at}/features/${id}`, type)
  }
  for (const [i, each] of (document.derive ?? []).entries()) {
    add('derive', of(each.id), `${at}/derive/${i}`, plain(each))
  }
  for (const [i, each] of (document.evidence ?? []).entries()) {
    add('evidence', of(each.id), `${at}/evidence/${i}`, plain(each))
  }
  for (const [i, each] of (document.guardrails ?? []).entries()) {
    const atoms = atomsOf(action.guardrails[i]?.compiled.atoms)
    add('guardrail', of(each.id), `${at}/guardrails/${i}`, plain(each), atoms)
  }
  for (const [i, each] of rules.list.entries()) {
    const atoms = atomsOf(action.rules[i]?.compiled.atoms)
    add('rule', of(each.id), `${at}/rules/list/${i}`, plain(each), atoms)
  }
  for (const [i, each] of autonomy.bands.entries()) {
    const atoms = atomsOf(action.bands[i]?.compiled.atoms)
    add('band', of(each.level), `${at}/autonomy/bands/${i}`, plain(each), atoms)
  }
}

const plain = (value: object): JsonObject => value as unknown as JsonObject

/** A field by the way to it; an object stands for its own properties only, its fields are parts of their own. */
const addFields = (
  { pointer, id }: { readonly pointer: string; readonly id: string },
  schema: FieldSchema,
  add: Add,
): void => {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const required = schema.required?.includes(name) === true
    const { properties, ...own } = field
    const spot = { pointer: pointerTo(`${pointer}/properties`, name), id: `${id}/${name}` }
    add('request-field', spot.id, spot.pointer, { ...plain(own), required })
    if (properties) addFields(spot, field, add)
  }
}

const atomsOf = (tree: AtomTree | undefined): readonly string[] => {
  if (!tree) return []
  switch (tree.op) {
    case 'atom':
      return [tree.atom.source]
    case 'not':
      return atomsOf(tree.of)
    case 'choice':
      return [...atomsOf(tree.test), ...atomsOf(tree.yes), ...atomsOf(tree.no)]
    default:
      return [...atomsOf(tree.left), ...atomsOf(tree.right)]
  }
}
