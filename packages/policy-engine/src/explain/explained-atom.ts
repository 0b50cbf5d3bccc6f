import type { JsonValue } from '@writ/kernel'
import type { Operand } from '../expr-atoms.ts'
import { shownValue } from '../shown-value.ts'
import { type TableAtom, type TableCondition, valueOfAtom } from './atom-table.ts'
import { valueOfTree } from './blame.ts'
import type { ExplainedAtom, ExplainedCondition, NearMiss } from './explanation.ts'
import { requestPointers } from './request-fields.ts'

export const PERSONAL = '[personal]'
export const WITHHELD = '[withheld]'

/** What one audience may see. */
export interface Sight {
  /** Personal values as they are. */
  readonly personal: boolean
  /** Clauses of conditions marked sensitive. */
  readonly sensitive: boolean
}

/** Words conditions for an audience. What it may not see is never read into the words: there is nothing to take out. */
export class Teller {
  readonly #activation: object
  readonly #sight: Sight

  constructor(activation: object, sight: Sight) {
    this.#activation = activation
    this.#sight = sight
  }

  condition(each: TableCondition): ExplainedCondition {
    const { condition, tree, atoms } = each
    const value = valueOfTree(tree, this.#activation)
    const told = { id: condition.id, value, fields: requestPointers(each.reads) }
    if (this.#hides(each)) return { ...told, sensitive: true }
    const error = value === 'error' ? this.reason(atoms) : undefined
    return {
      ...told,
      ...(each.sensitive ? { sensitive: true as const } : {}),
      when: condition.compiled.source,
      atoms: atoms.map((atom) => this.atom(atom)),
      ...(error === undefined ? {} : { error }),
    }
  }

  miss(each: TableCondition, failing: readonly TableAtom[]): NearMiss {
    const fields = requestPointers(failing.flatMap((atom) => [...atom.reads]))
    const told = { id: each.condition.id, fields }
    if (this.#hides(each)) return { ...told, sensitive: true }
    return {
      ...told,
      ...(each.sensitive ? { sensitive: true as const } : {}),
      atoms: failing.map((atom) => this.atom(atom)),
    }
  }

  atom(table: TableAtom): ExplainedAtom {
    const { atom, fields } = table
    const told = {
      source: atom.source,
      value: valueOfAtom(atom, this.#activation),
      fields: requestPointers(table.reads),
      actionable: fields !== 0,
    }
    if (atom.compare === null) return told
    const left = this.#side(atom.left)
    const right = this.#side(atom.right)
    return {
      ...told,
      ...(left === undefined ? {} : { left }),
      ...(right === undefined ? {} : { right }),
    }
  }

  /** Why the first clause that failed has no value; the words hold no input. */
  reason(atoms: readonly TableAtom[]): string {
    for (const { atom } of atoms) {
      for (const side of atom.compare === null ? [atom.of] : [atom.left, atom.right]) {
        if (side.read(this.#activation) === undefined) return side.reason(this.#activation)
      }
    }
    return 'no value'
  }

  #hides({ sensitive }: TableCondition): boolean {
    return sensitive && !this.#sight.sensitive
  }

  #side(operand: Operand): JsonValue | undefined {
    return shownSide(operand, this.#activation, this.#sight)
  }
}

/**
 * One side of a comparison as an audience may see it; undefined where it has no value. A personal value is replaced
 * before it is read, and whatever goes wrong while it is worded hides it: a failure must never show clear text.
 */
export const shownSide = (
  operand: Operand,
  activation: object,
  { personal }: Sight,
): JsonValue | undefined => {
  try {
    if (operand.shown !== undefined) return operand.shown
    const value = operand.read(activation)
    if (value === undefined) return undefined
    return operand.personal && !personal ? PERSONAL : shownValue(value)
  } catch {
    return WITHHELD
  }
}
