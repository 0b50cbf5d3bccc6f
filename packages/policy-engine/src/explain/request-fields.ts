import { pointerTo } from '@writ/kernel'
import { childrenOf, type Expr, pathOf } from '../expr.ts'
import type { ActionDocument, FieldSchema } from '../policy-document.ts'

/** A field of the request that a counterfactual may change. */
export interface ActionableField {
  /** JSON Pointer into the request. */
  readonly pointer: string
  /** `request.address.city` as conditions write it. */
  readonly path: string
  readonly schema: FieldSchema
  readonly optional: boolean
  readonly personal: boolean
}

interface Held {
  readonly pointer: string
  readonly path: string
  readonly actionable: boolean
  readonly personal: boolean
}

/**
 * Fields marked `x-actionable`, or inside an object that is. Items of lists have no name of their own, so a list
 * changes as a whole or not at all.
 */
export const actionableFields = ({ request }: ActionDocument): readonly ActionableField[] =>
  fieldsIn(request, { pointer: '', path: 'request', actionable: false, personal: false })

const fieldsIn = (schema: FieldSchema, held: Held): readonly ActionableField[] => {
  const required = new Set(schema.required)
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const here = {
      pointer: pointerTo(held.pointer, name),
      path: `${held.path}.${name}`,
      actionable: held.actionable || field['x-actionable'] === true,
      personal: held.personal || field['x-personal'] === true,
    }
    if (field.type === 'object') return fieldsIn(field, here)
    if (!here.actionable) return []
    const { pointer, path, personal } = here
    return [{ pointer, path, schema: field, optional: !required.has(name), personal }]
  })
}

/** Which paths of the request, features and parameters an expression reads, through derived values too. */
export class Reads {
  readonly #derived = new Map<string, ReadonlySet<string>>()

  constructor({ derive = [] }: ActionDocument) {
    for (const { id, expr } of derive) this.#derived.set(id, this.#ofText(expr))
  }

  /** Full paths such as `request.address.city`, `features.n`, `params.cap`, `evidence.kyc`. */
  of(expr: Expr): ReadonlySet<string> {
    const found = new Set<string>()
    const see = (node: Expr): void => {
      const path = pathOf(node)
      if (path === null) {
        for (const child of childrenOf(node)) see(child)
      } else this.#add(path.join('.'), found)
    }
    see(expr)
    return found
  }

  /** Of a derived value by its id. */
  ofDerived(id: string): ReadonlySet<string> {
    return this.#derived.get(id) ?? new Set()
  }

  /**
   * A derived value keeps its program, not its tree, so its paths are read off its text. A path inside quotes counts
   * too: one too many makes the search look at more, never promise more.
   */
  #ofText(text: string): ReadonlySet<string> {
    const found = new Set<string>()
    const paths = text.matchAll(/\b(?:request|features|params|base|derived|evidence)(?:\.\w+)+/g)
    for (const [path] of paths) {
      // `request.tags.size()` reads `request.tags`: a method is not a field.
      const after = text[text.indexOf(path) + path.length]
      this.#add(after === '(' ? path.slice(0, path.lastIndexOf('.')) : path, found)
    }
    return found
  }

  #add(path: string, found: Set<string>): void {
    const [root, id = ''] = path.split('.')
    if (root === 'derived') for (const inner of this.ofDerived(id)) found.add(inner)
    else if (path.includes('.')) found.add(path)
  }
}

/** Whether reading `path` reads the field: itself, what holds it, or what it holds. */
export const touches = (path: string, field: string): boolean =>
  path === field || path.startsWith(`${field}.`) || field.startsWith(`${path}.`)

/** JSON Pointers of the paths that lie in the request, sorted. */
export const requestPointers = (paths: Iterable<string>): readonly string[] => {
  const pointers = new Set<string>()
  for (const path of paths) {
    const [root, ...names] = path.split('.')
    if (root === 'request') pointers.add(names.reduce<string>(pointerTo, ''))
  }
  return [...pointers].sort()
}
