/** Behind one of these a slash begins a regular expression; behind a value it divides. */
const BEFORE_PATTERN =
  /(?:^|[(,=:[!&|?{};<>+*%~^-]|\b(?:return|typeof|case|in|of|await|yield|=>))\s*$/

/**
 * The text of a TypeScript file with every comment, string and pattern blanked out, so that words and braces in it are
 * code. Lines and columns stay where they are; code inside `${…}` stays too.
 */
export const scrubbed = (text: string): string => new Scrubber(text).run()

class Scrubber {
  private readonly text: string
  private at = 0
  private out = ''
  /** Depth of braces at which each open template literal goes on. */
  private readonly templates: number[] = []
  private depth = 0

  constructor(text: string) {
    this.text = text
  }

  run(): string {
    while (this.at < this.text.length) this.step()
    return this.out
  }

  private step(): void {
    const two = this.text.slice(this.at, this.at + 2)
    const one = two[0] as string
    if (two === '//') this.blank(this.endOf('\n'))
    else if (two === '/*') this.blank(this.endOf('*/') + 2)
    else if (one === "'" || one === '"') this.blank(this.endOfString(one))
    else if (one === '`') this.template()
    else if (one === '/' && BEFORE_PATTERN.test(this.out.slice(-40)))
      this.blank(this.endOfPattern())
    else this.code(one)
  }

  private code(one: string): void {
    if (one === '{') this.depth++
    if (one === '}') {
      if (this.templates.at(-1) === this.depth) {
        this.templates.pop()
        this.depth--
        this.keep()
        this.templateText()
        return
      }
      this.depth--
    }
    this.keep()
  }

  private template(): void {
    this.blank(this.at + 1)
    this.templateText()
  }

  /** Up to the closing back-tick, or up to `${`, whose code is then read like any other. */
  private templateText(): void {
    while (this.at < this.text.length) {
      const one = this.text[this.at]
      if (one === '\\') this.blank(this.at + 2)
      else if (one === '`') {
        this.blank(this.at + 1)
        return
      } else if (one === '$' && this.text[this.at + 1] === '{') {
        this.keep()
        this.keep()
        this.templates.push(++this.depth)
        return
      } else this.blank(this.at + 1)
    }
  }

  private endOf(mark: string): number {
    const found = this.text.indexOf(mark, this.at)
    return found < 0 ? this.text.length : found
  }

  private endOfString(quote: string): number {
    let end = this.at + 1
    while (end < this.text.length && this.text[end] !== quote)
      end += this.text[end] === '\\' ? 2 : 1
    return end + 1
  }

  private endOfPattern(): number {
    let inClass = false
    let end = this.at + 1
    for (; end < this.text.length && this.text[end] !== '\n'; end++) {
      const one = this.text[end]
      if (one === '\\') end++
      else if (one === '[') inClass = true
      else if (one === ']') inClass = false
      else if (one === '/' && !inClass) break
    }
    return end + 1
  }

  private keep(): void {
    this.out += this.text[this.at++]
  }

  private blank(to: number): void {
    this.out += this.text.slice(this.at, to).replaceAll(/[^\n]/g, ' ')
    this.at = to
  }
}

/** A function with a body in braces. Lines from 1. */
export interface FunctionSpan {
  readonly line: number
  readonly lines: number
  readonly body: string
}

/** Finds functions by their braces: behind `=>`, or behind the parameters of something that is no `if` or loop. */
export const functionsIn = (code: string): readonly FunctionSpan[] => {
  const spans: FunctionSpan[] = []
  const open: { readonly at: number; readonly isFunction: boolean }[] = []
  for (let at = 0; at < code.length; at++) {
    if (code[at] === '{') open.push({ at, isFunction: opensFunction(code.slice(0, at)) })
    if (code[at] !== '}') continue
    const opened = open.pop()
    if (opened?.isFunction !== true) continue
    const body = code.slice(opened.at, at + 1)
    const line = code.slice(0, opened.at).split('\n').length
    spans.push({ line, lines: body.split('\n').length, body })
  }
  return spans
}

const NO_FUNCTION = /\b(?:if|for|while|switch|catch|with)$/

const opensFunction = (before: string): boolean => {
  const head = before.trimEnd()
  if (head.endsWith('=>')) return true
  if (!head.endsWith(')')) return false
  let depth = 0
  for (let at = head.length - 1; at >= 0; at--) {
    if (head[at] === ')') depth++
    if (head[at] === '(' && --depth === 0) return !NO_FUNCTION.test(head.slice(0, at).trimEnd())
  }
  return false
}
