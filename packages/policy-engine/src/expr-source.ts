import type { ExprFault } from './expr-engine.ts'

/**
 * The text of one expression, in which parts can be found again. Nodes of the parsed tree know where they start and
 * end, but not the brackets around their operands, and the library's own printer drops brackets that matter
 * (`a - (b + c)`), so parts are cut from what the author wrote.
 */
export class ExprSource {
  readonly text: string
  /** What no expression may contain, whatever it means. */
  readonly faults: readonly ExprFault[]
  /** The text with everything inside quotes blanked, so that brackets can be counted. */
  readonly #mask: string

  constructor(text: string) {
    const { mask, faults } = masked(text)
    this.text = text
    this.faults = faults
    this.#mask = mask
  }

  textOf(part: Span): string {
    const { start, end } = this.#balanced(part)
    return this.text.slice(start, end)
  }

  /** Whether the part stands in brackets of its own. */
  isBracketed(part: Span): boolean {
    const { start, end } = this.#balanced(part)
    return this.#mask[this.#before(start)] === '(' && this.#mask[this.#after(end)] === ')'
  }

  /** The part with the brackets that its first and last operand need. */
  #balanced({ start, end }: Span): Span {
    let open = 0
    let missing = 0
    for (let i = start; i < end; i++) {
      if (this.#mask[i] === '(') open++
      else if (this.#mask[i] === ')' && open > 0) open--
      else if (this.#mask[i] === ')') missing++
    }
    let [from, to] = [start, end]
    while (missing-- > 0) from = this.#before(from)
    while (open-- > 0) to = this.#after(to) + 1
    return { start: from, end: to }
  }

  #before(start: number): number {
    let i = start - 1
    while (/\s/.test(this.#mask[i] ?? '')) i--
    return i
  }

  #after(end: number): number {
    let i = end
    while (/\s/.test(this.#mask[i] ?? '')) i++
    return i
  }
}

export interface Span {
  readonly start: number
  readonly end: number
}

const QUOTED =
  /"""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/g

const masked = (text: string): { mask: string; faults: readonly ExprFault[] } => {
  const faults: ExprFault[] = []
  const mask = text.replace(QUOTED, (quoted, offset: number) => {
    if (/\w/.test(text[offset - 1] ?? '')) {
      faults.push({
        code: 'text-prefix',
        message: 'texts with a prefix are not allowed',
        offset: offset - 1,
      })
    }
    return '"'.repeat(quoted.length)
  })
  const comment = mask.indexOf('//')
  if (comment >= 0) {
    faults.push({
      code: 'comment-in-expression',
      message: 'comments belong into the YAML, not the expression',
      offset: comment,
    })
  }
  return { mask, faults }
}
