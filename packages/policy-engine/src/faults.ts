import { Problem } from '@writ/kernel'
import type { ExprFault } from './expr-engine.ts'
import type { FaultCode } from './fault-codes.ts'
import type { Place, SourceDocument } from './read-document.ts'
import type { PolicyFault } from './types.ts'

interface FaultDetails {
  /** Characters into an expression, from 0. */
  readonly offset?: number | undefined
  readonly suggestion?: string | undefined
}

/** Collects everything wrong with one document, each with its place. */
export class Faults {
  readonly #source: SourceDocument
  readonly #list: PolicyFault[] = []

  constructor(source: SourceDocument) {
    this.#source = source
  }

  add(pointer: string, code: FaultCode, message: string, details: FaultDetails = {}): void {
    this.#push(pointer, { code, message, ...this.#source.placeOf(pointer) }, details)
  }

  /** Faults inside the expression at a pointer. */
  addExpression(pointer: string, faults: readonly ExprFault[]): void {
    for (const { code, message, offset, suggestion } of faults) {
      this.add(pointer, code, message, { offset, suggestion })
    }
  }

  /** A fault of the property's name (an unknown field), not of its value. */
  addToName(pointer: string, code: FaultCode, message: string, details: FaultDetails = {}): void {
    this.#push(pointer, { code, message, ...this.#source.placeOfName(pointer) }, details)
  }

  /** Whether nothing was found at or below any of the pointers. */
  clean(...pointers: readonly string[]): boolean {
    return this.#list.every(({ pointer: at }) =>
      pointers.every((pointer) => at !== pointer && !at.startsWith(`${pointer}/`)),
    )
  }

  /** All of them, in the order of the text. */
  inOrder(): readonly PolicyFault[] {
    return this.#list.toSorted((a, b) => a.line - b.line || a.column - b.column)
  }

  problem(): Problem | null {
    const errors = this.inOrder()
    const [first] = errors
    if (!first) return null
    const { pointer, line, column, message } = first
    const more = errors.length > 1 ? ` and ${errors.length - 1} more` : ''
    return new Problem(
      'policy-invalid',
      `The policy is invalid: ${pointer || 'it'} ${message}, line ${line}, column ${column}${more}.`,
      { errors },
    )
  }

  #push(
    pointer: string,
    fault: Place & { readonly code: FaultCode; readonly message: string },
    { offset, suggestion }: FaultDetails,
  ): void {
    this.#list.push({
      pointer,
      ...fault,
      ...(offset === undefined ? {} : { offset }),
      ...(suggestion === undefined ? {} : { suggestion }),
    })
  }
}
