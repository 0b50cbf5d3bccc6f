import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  ParseError,
} from '@marcbachmann/cel-js'
import { exprOf, ownTypeName } from './cel-ast.ts'
import { OWN, OWN_METHODS, registerOwnFunctions } from './cel-functions.ts'
import { CelTypes } from './cel-types.ts'
import type { Expr, ExprProgram } from './expr.ts'
import { atomTreeOf } from './expr-atoms.ts'
import { COST_MAX, costOf } from './expr-cost.ts'
import {
  type Binder,
  type CompiledExpr,
  type ExprEngine,
  ExprFaults,
  type ExprScope,
} from './expr-engine.ts'
import { NESTING_MAX, profileFaults } from './expr-profile.ts'
import { isPersonal, shapeOf, type Variables } from './expr-shapes.ts'
import { ExprSource } from './expr-source.ts'
import { suggestionFor } from './expr-suggestions.ts'
import type { FaultCode } from './fault-codes.ts'
import type { Shape } from './shape.ts'

/** CEL by @marcbachmann/cel-js, held to the policy profile. */
export const celEngine: ExprEngine = { scope: (variables) => new CelScope(variables) }

/** What the parser takes before the profile looks: bounds its recursion and memory. */
const PARSER_LIMITS = { maxAstNodes: 1000, maxDepth: 4 * NESTING_MAX, maxListElements: 200 }

const base = registerOwnFunctions(new Environment({ limits: PARSER_LIMITS }))

class CelScope implements ExprScope {
  readonly variables: Readonly<Record<string, Shape>>
  readonly #shapes: Variables
  readonly #environment: Environment
  readonly #types: CelTypes

  constructor(variables: Readonly<Record<string, Shape>>) {
    this.variables = variables
    this.#shapes = new Map(Object.entries(variables))
    this.#environment = base.clone()
    this.#types = new CelTypes(this.#environment)
    for (const [name, shape] of this.#shapes) {
      this.#environment.registerVariable(name, this.#types.declare(shape, name))
    }
  }

  binder(variable: string): Binder {
    const shape = this.#shapes.get(variable)
    if (!shape) throw new Error(`no variable ${variable} in this scope`)
    return this.#types.binder(shape)
  }

  compile(source: string, ...expectedTypes: readonly string[]): CompiledExpr | ExprFaults {
    const text = new ExprSource(source)
    if (text.faults.length > 0) return new ExprFaults(text.faults)
    const at = source.indexOf(OWN)
    if (at >= 0) return refused('reserved-name', `${OWN} is reserved`, at)
    const checked = this.#check(source)
    if (checked instanceof ExprFaults) return this.#withSuggestions(source, checked)
    const { expr, program } = checked
    const faults = profileFaults(expr, this.#shapes, text)
    if (faults.length > 0) return this.#withSuggestions(source, new ExprFaults(faults))
    if (!expectedTypes.includes(expr.type)) {
      const code = expectedTypes[0] === 'bool' ? 'not-bool' : 'wrong-type'
      const expected = expectedTypes.join(' or ')
      return refused(code, `the expression yields ${expr.type}, expected ${expected}`, 0)
    }
    const cost = costOf(expr, this.#shapes)
    if (cost > COST_MAX) {
      const bound = `at most ${COST_MAX}: bound lists and texts`
      return refused('cost-exceeded', `may cost ${Math.ceil(cost)} units, ${bound}`, 0)
    }
    const atoms = atomTreeOf(expr, {
      variables: this.#shapes,
      sourceOf: (part) => text.textOf(part),
      programOf: (part) => this.#programOf(text.textOf(part)),
    })
    const personal = isPersonal(expr, this.#shapes)
    return { source, expr, program, cost, shape: shapeOf(expr, this.#shapes), personal, atoms }
  }

  #check(source: string): Checked | ExprFaults {
    try {
      const parsed = this.#environment.parse(source)
      renameOwnMethods(parsed.ast)
      const result = parsed.check()
      if (!result.valid) return faultOf(result.error)
      return { expr: exprOf(parsed.ast), program: parsed }
    } catch (error) {
      return faultOf(error)
    }
  }

  #withSuggestions(source: string, { list }: ExprFaults): ExprFaults {
    return new ExprFaults(
      list.map((fault) => {
        const suggestion = suggestionFor(source, fault, this.#shapes)
        return suggestion === undefined ? fault : { ...fault, suggestion }
      }),
    )
  }

  /** Parts of a checked expression check again; anything else is a defect. */
  #programOf(part: string): ExprProgram {
    const checked = this.#check(part)
    if (checked instanceof ExprFaults) throw new Error(`a part does not compile: ${part}`)
    return checked.program
  }
}

interface Checked {
  readonly expr: Expr
  readonly program: ExprProgram
}

const refused = (code: FaultCode, message: string, offset: number): ExprFaults =>
  new ExprFaults([{ code, message, offset }])

const faultOf = (error: unknown): ExprFaults => {
  // The parser recurses on `!` and `-` without a limit of its own.
  if (error instanceof RangeError)
    return refused('nesting-too-deep', `nesting is deeper than ${NESTING_MAX}`, 0)
  // Whatever else the library throws on a text from outside, the text is refused: loading never fails open.
  if (!(error instanceof ParseError || error instanceof CelTypeError)) {
    return refused('unchecked-expression', 'the expression cannot be checked', 0)
  }
  const summary = ownTypeName(error.summary).replace(/^No such key: /, 'no such field: ')
  const message = summary.charAt(0).toLowerCase() + summary.slice(1)
  return refused(codeOf(error), message, error.range?.start ?? 0)
}

/** The library's codes in ours; one of its many codes of a broken text is a broken text. */
const codeOf = (error: ParseError | CelTypeError): FaultCode => {
  switch (error.code) {
    case 'no_such_key':
      return 'unknown-field'
    case 'unknown_variable':
      return 'unknown-name'
    case 'no_such_overload':
    case 'no_matching_overload':
    case 'invalid_condition_type':
    case 'invalid_logical_operand':
      return 'no-overload'
    case 'limit_exceeded':
      return 'nesting-too-deep'
    default:
      return error instanceof ParseError ? 'syntax-error' : 'type-error'
  }
}

/** Points calls of standard methods that depend on the machine to our own. Must run before the type check. */
const renameOwnMethods = (node: ASTNode): void => {
  if (node.op === 'rcall' && OWN_METHODS.has(node.args[0])) {
    const call = node.args as [string, ASTNode, ASTNode[]]
    call[0] += OWN
  }
  for (const child of nodesBelow(node)) renameOwnMethods(child)
}

const nodesBelow = (node: ASTNode): readonly ASTNode[] => {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [node.args[0]]
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case '!_':
    case '-_':
      return [node.args]
    case 'map':
      return node.args.flat()
    default:
      return node.args
  }
}
