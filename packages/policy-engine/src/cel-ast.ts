import type { ASTNode } from '@marcbachmann/cel-js'
import { OWN } from './cel-functions.ts'
import type { BinaryOp, Expr } from './expr.ts'

/** The library's node after its type check, which leaves the static type on the node without declaring it. */
type CheckedNode = ASTNode & { readonly checkedType?: { readonly name: string } }

/** Prefix of the names under which object types are declared to the library. */
export const OBJECT_TYPE = 'Obj_'

/** The expression behind a checked tree of the library. */
export const exprOf = (node: ASTNode): Expr => ({
  ...kindOf(node, exprOf),
  type: ownTypeName((node as CheckedNode).checkedType?.name ?? 'unchecked'),
  start: node.start,
  end: node.end,
})

/** Type names of the library in the words of policies. */
export const ownTypeName = (name: string): string =>
  name
    .replaceAll('google.protobuf.Timestamp', 'timestamp')
    .replaceAll('google.protobuf.Duration', 'duration')
    .replaceAll(/Obj_[\w.]+/g, 'object')
    .replaceAll(/\bdyn\b/g, 'open')
    .replaceAll(OWN, '')

type Kind<E = Expr> = E extends Expr ? Omit<E, 'type' | 'start' | 'end'> : never
type Convert = (node: ASTNode) => Expr

const kindOf = (node: ASTNode, convert: Convert): Kind => {
  switch (node.op) {
    case 'value':
      return { kind: 'literal', value: node.args }
    case 'id':
      return { kind: 'name', name: node.args }
    case '.':
      return { kind: 'select', of: convert(node.args[0]), field: node.args[1] }
    case '[]':
      return { kind: 'index', of: convert(node.args[0]), at: convert(node.args[1]) }
    case 'call':
      return callOf(node.args[0], node.args[1], convert)
    case 'rcall':
      return methodOf(node.args, convert)
    case 'list':
      return { kind: 'list', items: node.args.map(convert) }
    case 'map':
      return { kind: 'map', entries: node.args.map(([k, v]) => [convert(k), convert(v)] as const) }
    case '?:': {
      const [test, yes, no] = node.args.map(convert) as [Expr, Expr, Expr]
      return { kind: 'choice', test, yes, no }
    }
    case '&&':
    case '||':
      return { kind: 'logic', op: node.op, ...sidesOf(node.args, convert) }
    case '!_':
      return { kind: 'not', of: convert(node.args) }
    case '-_':
      return { kind: 'minus', of: convert(node.args) }
    // Optional access is never parsed: optional types are switched off.
    case '.?':
    case '[?]':
      throw new Error(`unexpected operator ${node.op}`)
    default:
      return { kind: 'binary', op: node.op satisfies BinaryOp, ...sidesOf(node.args, convert) }
  }
}

const sidesOf = ([left, right]: readonly [ASTNode, ASTNode], convert: Convert) => ({
  left: convert(left),
  right: convert(right),
})

const callOf = (name: string, args: readonly ASTNode[], convert: Convert): Kind => {
  const [first] = args
  if (name === 'has' && first && args.length === 1) return { kind: 'has', of: convert(first) }
  return { kind: 'call', name, receiver: null, args: args.map(convert) }
}

/** Macros by name and number of arguments, exactly as the library's parser recognises them. */
const MACROS = new Set(['all/2', 'exists/2', 'exists_one/2', 'filter/2', 'map/2', 'map/3'])

const methodOf = (
  [name, receiver, args]: readonly [string, ASTNode, ASTNode[]],
  convert: Convert,
): Kind => {
  const [variable, ...bodies] = args
  if (variable?.op === 'id' && MACROS.has(`${name}/${args.length}`)) {
    return {
      kind: 'macro',
      name,
      range: convert(receiver),
      variable: variable.args,
      bodies: bodies.map(convert),
    }
  }
  return {
    kind: 'call',
    name: name.replace(OWN, ''),
    receiver: convert(receiver),
    args: args.map(convert),
  }
}
