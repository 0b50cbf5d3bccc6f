import { closest } from './closest-name.ts'
import type { ExprFault } from './expr-engine.ts'
import { fieldShape, type ValueShape, type Variables } from './expr-shapes.ts'

/** The name that a fault about an unknown name may have meant, as the author would write it: `request.discount`. */
export const suggestionFor = (
  source: string,
  { code, offset }: ExprFault,
  variables: Variables,
): string | undefined => {
  if (code === 'unknown-name') return closest(nameAt(source, offset), variables.keys())
  if (code !== 'unknown-field') return undefined
  const { holders, field } = pathAround(source, offset)
  const [root, ...inner] = holders
  if (root === undefined) return undefined
  const holder = inner.reduce<ValueShape | null>(fieldShape, variables.get(root) ?? null)
  if (holder?.kind !== 'object') return undefined
  const name = closest(field, Object.keys(holder.fields))
  return name === undefined ? undefined : [...holders, name].join('.')
}

const nameAt = (source: string, offset: number): string =>
  /^\w+/.exec(source.slice(offset))?.[0] ?? ''

/** The path that ends with the name at the offset, or, where the offset is a path's start, the path itself. */
const pathAround = (
  source: string,
  offset: number,
): { readonly holders: readonly string[]; readonly field: string } => {
  const before = /(?:[A-Za-z_]\w*\s*\.\s*)+$/.exec(source.slice(0, offset))?.[0] ?? ''
  const holders = before
    .split('.')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (holders.length > 0) return { holders, field: nameAt(source, offset) }
  const [path = ''] = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/.exec(source.slice(offset)) ?? []
  const names = path.split('.')
  return { holders: names.slice(0, -1), field: names.at(-1) ?? '' }
}
