import { type JsonObject, type JsonValue, Problem, pointerTo } from '@writ/kernel'
import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { keepsItsDigits } from './decimal-text.ts'
import type { FaultCode } from './fault-codes.ts'

/** Largest policy file. Unit: bytes of UTF-8. 500 rules with messages take about 200 KiB. */
export const DOCUMENT_BYTES_MAX = 1_048_576
/** Values after aliases are expanded: what an alias bomb multiplies. 500 rules with 500 tests have about 12,000. */
const VALUES_MAX = 20_000
const ALIASES_MAX = 100
const DEPTH_MAX = 32
/** What the lexer may hand on before we give up: a value takes at most about six lexemes. */
const LEXEMES_MAX = 6 * VALUES_MAX
/** Open tokens of the parser: a level of nesting takes at most three. */
const OPEN_TOKENS_MAX = 3 * DEPTH_MAX + 8

/** Line and column, both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** A text of the document as it stands in the source. Offsets count characters from 0. */
export interface WrittenText {
  readonly start: number
  readonly end: number
  readonly quote: "'" | '"' | null
}

export interface SourceDocument {
  readonly value: JsonValue
  /** Where the value at a pointer stands; the nearest enclosing place where it does not exist. */
  placeOf(pointer: string): Place
  /** Where the name of the property at a pointer stands. */
  placeOfName(pointer: string): Place
  /** How the text at a pointer is written; null where there is none. */
  textAt(pointer: string): WrittenText | null
  /** Offset into the source of a place. */
  placeAt(offset: number): Place
}

/**
 * Reads YAML 1.2 (core schema) or JSON as plain JSON, with the place of each value.
 *
 * @problem policy-unreadable  too large, not YAML, duplicate keys, tags, several documents, too many aliases
 */
export const readDocument = (text: string): SourceDocument | Problem => {
  if (Buffer.byteLength(text) > DOCUMENT_BYTES_MAX) {
    const message = `the file is larger than ${DOCUMENT_BYTES_MAX} bytes`
    return unreadable('file-too-large', message, { line: 1, column: 1 })
  }
  const lines = new LineCounter()
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  try {
    const reader = new NodeReader()
    const value = reader.read(parsedRoot(text, lines), '', 0)
    return sourceDocument(value, reader, at)
  } catch (error) {
    if (error instanceof Unreadable) return unreadable(error.code, error.message, at(error.offset))
    throw error
  }
}

class Unreadable extends Error {
  readonly code: FaultCode
  readonly offset: number
  constructor(code: FaultCode, message: string, offset: number) {
    super(message)
    this.code = code
    this.offset = offset
  }
}

const unreadable = (code: FaultCode, message: string, { line, column }: Place): Problem =>
  new Problem(
    'policy-unreadable',
    `The policy cannot be read: ${message}, line ${line}, column ${column}.`,
    {
      errors: [{ pointer: '', message }],
      fault: code,
      line,
      column,
    },
  )

const parsedRoot = (text: string, lines: LineCounter): ParsedNode => {
  const composer = new Composer<ParsedNode>({
    version: '1.2',
    schema: 'core',
    // Known tags of YAML 1.1 (!!binary, !!timestamp) would otherwise be honoured even under the core schema.
    resolveKnownTags: false,
    stringKeys: true,
    // Checked by NodeReader in linear time; the library compares every pair of keys.
    uniqueKeys: false,
  })
  const [document, second] = composer.compose(boundedTokens(text, lines), true, text.length)
  if (!document?.contents)
    throw firstFault(document) ?? new Unreadable('file-empty', 'the file is empty', 0)
  const fault = firstFault(document)
  if (fault) throw fault
  if (second)
    throw new Unreadable('several-documents', 'one file holds one document', second.range[0])
  if (document.directives?.yaml.explicit)
    throw new Unreadable('directive-refused', 'YAML directives are not allowed', 0)
  return document.contents
}

const firstFault = (document: Document.Parsed<ParsedNode> | undefined): Unreadable | undefined => {
  const fault = document?.errors[0] ?? document?.warnings[0]
  return fault && new Unreadable('not-yaml', lowerFirst(fault.message), fault.pos[0])
}

/** The parser's tokens; stops as soon as the text shows itself to be a bomb instead of after reading it all. */
function* boundedTokens(text: string, lines: LineCounter) {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  let lexemes = 0
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    if (++lexemes > LEXEMES_MAX) {
      throw new Unreadable('too-many-values', `more than ${VALUES_MAX} values`, parser.offset)
    }
    if (parser.stack.length > OPEN_TOKENS_MAX) throw tooDeep(parser.offset)
  }
  yield* parser.end()
}

const tooDeep = (offset: number): Unreadable =>
  new Unreadable('nested-too-deep', `values nest deeper than ${DEPTH_MAX} levels`, offset)

/** Turns nodes into JSON and remembers offsets. Aliases stand for the node read under their anchor before. */
class NodeReader {
  readonly valueOffsets = new Map<string, number>()
  readonly nameOffsets = new Map<string, number>()
  readonly texts = new Map<string, WrittenText>()
  readonly #anchors = new Map<string, ParsedNode>()
  #values = 0
  #aliases = 0

  read(node: ParsedNode | null, pointer: string, depth: number, parentOffset = 0): JsonValue {
    const offset = node?.range[0] ?? parentOffset
    this.valueOffsets.set(pointer, offset)
    if (++this.#values > VALUES_MAX) {
      throw new Unreadable(
        'too-many-values',
        `more than ${VALUES_MAX} values, aliases expanded`,
        offset,
      )
    }
    if (depth > DEPTH_MAX) throw tooDeep(offset)
    if (node === null) return null
    if (node.tag !== undefined)
      throw new Unreadable('tag-refused', `the tag ${node.tag} is not allowed`, offset)
    if (isAlias(node)) return this.#alias(node, pointer, depth, offset)
    const value = this.#content(node, pointer, depth, offset)
    // Only now: an alias inside its own anchor finds nothing, so a document cannot contain itself.
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    return value
  }

  #content(node: ParsedNode, pointer: string, depth: number, offset: number): JsonValue {
    if (isScalar(node)) {
      if (typeof node.value === 'string') this.texts.set(pointer, writtenText(node))
      return scalarValue(node, offset)
    }
    if (isSeq(node)) return this.#list(node, pointer, depth)
    if (isMap(node)) return this.#object(node, pointer, depth)
    throw new Unreadable('kind-refused', 'this kind of value is not allowed', offset)
  }

  #alias(node: Alias.Parsed, pointer: string, depth: number, offset: number): JsonValue {
    if (++this.#aliases > ALIASES_MAX)
      throw new Unreadable('too-many-aliases', `more than ${ALIASES_MAX} aliases`, offset)
    const target = this.#anchors.get(node.source)
    if (!target)
      throw new Unreadable(
        'alias-unknown',
        `the alias *${node.source} has no anchor before it`,
        offset,
      )
    return this.#content(target, pointer, depth, offset)
  }

  #list(node: YAMLSeq.Parsed, pointer: string, depth: number): JsonValue {
    return node.items.map((item, i) =>
      this.read(item as ParsedNode, pointerTo(pointer, i), depth + 1, node.range[0]),
    )
  }

  #object(node: YAMLMap.Parsed, pointer: string, depth: number): JsonObject {
    const names = new Set<string>()
    const entries: [string, JsonValue][] = []
    for (const pair of node.items) {
      const [name, offset] = this.#name(pair.key, node.range[0])
      if (names.has(name))
        throw new Unreadable('key-repeated', `the key ${JSON.stringify(name)} is repeated`, offset)
      names.add(name)
      const below = pointerTo(pointer, name)
      this.nameOffsets.set(below, offset)
      entries.push([name, this.read(pair.value ?? null, below, depth + 1, offset)])
    }
    return Object.fromEntries(entries)
  }

  #name(key: ParsedNode, parentOffset: number): [string, number] {
    const offset = key?.range[0] ?? parentOffset
    if (!isScalar(key) || typeof key.value !== 'string') {
      throw new Unreadable('key-refused', 'a key must be a plain text', offset)
    }
    if (key.tag !== undefined)
      throw new Unreadable('tag-refused', `the tag ${key.tag} is not allowed`, offset)
    // Object.fromEntries would keep it, but every later copy of the object would lose or misuse it.
    if (key.value === '__proto__')
      throw new Unreadable('key-refused', 'the key "__proto__" is not allowed', offset)
    return [textValue(key.value, offset), offset]
  }
}

const writtenText = ({ range, type }: Scalar.Parsed): WrittenText => ({
  start: range[0],
  end: range[1],
  quote: type === 'QUOTE_SINGLE' ? "'" : type === 'QUOTE_DOUBLE' ? '"' : null,
})

const scalarValue = (node: Scalar.Parsed, offset: number): JsonValue => {
  const { value } = node
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return textValue(value, offset)
  if (typeof value === 'number') return numberValue(value, node.source, offset)
  throw new Unreadable('kind-refused', 'this kind of value is not allowed', offset)
}

const textValue = (text: string, offset: number): string => {
  if (!text.isWellFormed())
    throw new Unreadable('text-refused', 'a text holds half of a surrogate pair', offset)
  if (text.includes('\u0000'))
    throw new Unreadable('text-refused', 'a text holds the character U+0000', offset)
  return text
}

const numberValue = (value: number, source: string, offset: number): number => {
  if (!Number.isFinite(value))
    throw new Unreadable('number-refused', `${source} is not a JSON number`, offset)
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new Unreadable('number-refused', `the integer ${source} is beyond 2^53-1`, offset)
  }
  if (!keepsItsDigits(source, value)) {
    throw new Unreadable(
      'number-refused',
      `the number ${source} has more digits than a double keeps`,
      offset,
    )
  }
  // JSON has no negative zero in its canonical form.
  return value === 0 ? 0 : value
}

const sourceDocument = (
  value: JsonValue,
  reader: NodeReader,
  at: (offset: number) => Place,
): SourceDocument => {
  const nearest = (pointer: string): number => {
    for (let here = pointer; ; here = here.slice(0, here.lastIndexOf('/'))) {
      const offset = reader.valueOffsets.get(here)
      if (offset !== undefined) return offset
      if (here === '') return 0
    }
  }
  return {
    value,
    placeOf: (pointer) => at(nearest(pointer)),
    placeAt: at,
    textAt: (pointer) => reader.texts.get(pointer) ?? null,
    placeOfName: (pointer) => at(reader.nameOffsets.get(pointer) ?? nearest(pointer)),
  }
}

const lowerFirst = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1)
