const COMPONENTS = '#/components/schemas/'

type Node = Record<string, unknown>

/**
 * Moves every schema that has a title into the components, so that generated clients get one named type for it instead
 * of the same anonymous one at each route.
 */
export const withNamedSchemas = <D extends object>(document: D): D => {
  const components = ((document as Node).components ?? {}) as Node
  const named: Node = { ...(components.schemas as Node) }
  const paths = hoist((document as Node).paths, named)
  return { ...document, paths, components: { ...components, schemas: named } }
}

const hoist = (node: unknown, named: Node): unknown => {
  if (Array.isArray(node)) return node.map((item) => hoist(item, named))
  if (typeof node !== 'object' || node === null) return node
  const copy: Node = {}
  for (const [key, value] of Object.entries(node)) {
    copy[key] = key === 'example' || key === 'examples' ? value : hoist(value, named)
  }
  const { title } = copy
  if (typeof title !== 'string' || !isSchema(copy)) return copy
  named[title] ??= copy
  return { $ref: `${COMPONENTS}${title}` }
}

const isSchema = (node: Node): boolean => 'type' in node || 'anyOf' in node
