import { type JsonValue, type Problem, pointerTokens } from '@writ/kernel'
import type { FaultCode } from '../fault-codes.ts'
import type { Place, SourceDocument } from '../read-document.ts'
import type { PolicyFault } from '../types.ts'
import { excerptAt, placeInText } from './excerpt.ts'
import { FINDINGS } from './finding-codes.ts'
import type { BareFinding } from './probe-findings.ts'
import type { Finding } from './report.ts'

/** Gives findings their place in the text, and the line that shows it. */
export class Findings {
  readonly #text: string
  readonly #source: SourceDocument | null

  constructor(text: string, source: SourceDocument | null) {
    this.#text = text
    this.#source = source
  }

  all(findings: readonly BareFinding[]): readonly Finding[] {
    return findings.map((finding) => this.#placed(finding))
  }

  ofFault({ code, pointer, message, line, column, offset, suggestion }: PolicyFault): Finding {
    const place = offset === undefined ? { line, column } : this.#inExpression(pointer, offset)
    const meant = suggestion === undefined ? '' : `; did you mean ${suggestion}?`
    return {
      code,
      severity: FINDINGS[code].severity,
      pointer,
      ...place,
      message: `${message}${meant}`,
      ...(suggestion === undefined ? {} : { suggestion }),
      excerpt: excerptAt(this.#text, place),
    }
  }

  ofUnreadable({ fields }: Problem): Finding {
    const {
      line,
      column,
      fault,
      errors = [],
    } = fields as Problem['fields'] & {
      readonly line: number
      readonly column: number
      readonly fault: FaultCode
    }
    const place = { line, column }
    const message = errors[0]?.message ?? FINDINGS[fault].says
    const excerpt = excerptAt(this.#text, place)
    return { code: fault, severity: 'error', pointer: '', ...place, message, excerpt }
  }

  #placed({ code, pointer, message, example, offset }: BareFinding): Finding {
    const place = this.#inExpression(pointer, offset ?? 0)
    return {
      code,
      severity: FINDINGS[code].severity,
      pointer,
      ...place,
      message,
      ...(pointer === '' ? {} : { excerpt: excerptAt(this.#text, place) }),
      ...(example ? { example } : {}),
    }
  }

  #inExpression(pointer: string, offset: number): Place {
    const source = this.#source as SourceDocument
    const value =
      pointer.endsWith('/when') || pointer.endsWith('/expr') || offset > 0
        ? valueAt(source.value, pointer)
        : null
    if (typeof value !== 'string') return source.placeOf(pointer)
    return placeInText(this.#text, source, { pointer, value, offset })
  }
}

/** Steps through lists, too. */
const valueAt = (document: JsonValue, pointer: string): JsonValue | undefined => {
  let here: JsonValue | undefined = document
  for (const token of pointerTokens(pointer)) {
    if (typeof here !== 'object' || here === null) return undefined
    here = (here as Readonly<Record<string, JsonValue>>)[token]
  }
  return here
}
