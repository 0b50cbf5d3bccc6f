import { Problem } from '@writ/kernel'
import type { Place, SourceDocument } from './read-document.ts'
import type { PolicyFault } from './types.ts'

/** Collects everything wrong with one document, each with its place. */
export class Faults {
  readonly #source: SourceDocument
  readonly #list: PolicyFault[] = []

  constructor(source: SourceDocument) {
    this.#source = source
  }

  add(pointer: string, message: string, offset?: number): void {
    this.#push(pointer, message, this.#source.placeOf(pointer), offset)
  }

  /** A fault of the property's name (an unknown field), not of its value. */
  addToName(pointer: string, message: string): void {
    this.#push(pointer, message, this.#source.placeOfName(pointer), undefined)
  }

  /** Whether nothing was found at or below any of the pointers. */
  clean(...pointers: readonly string[]): boolean {
    return this.#list.every(({ pointer: at }) =>
      pointers.every((pointer) => at !== pointer && !at.startsWith(`${pointer}/`)),
    )
  }

  problem(): Problem | null {
    const [first] = this.#list
    if (!first) return null
    const errors = this.#list.toSorted((a, b) => a.line - b.line || a.column - b.column)
    const { pointer, line, column, message } = errors[0] ?? first
    const more = errors.length > 1 ? ` and ${errors.length - 1} more` : ''
    return new Problem(
      'policy-invalid',
      `The policy is invalid: ${pointer || 'it'} ${message}, line ${line}, column ${column}${more}.`,
      { errors },
    )
  }

  #push(pointer: string, message: string, place: Place, offset: number | undefined): void {
    this.#list.push({ pointer, message, ...place, ...(offset === undefined ? {} : { offset }) })
  }
}
