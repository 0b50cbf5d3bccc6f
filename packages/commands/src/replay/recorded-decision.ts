import { type DecisionInputs, type DecisionMade, newestSchema, upcast } from '@writ/domain'
import { parseEntry } from '@writ/event-log'
import { type JsonObject, type JsonValue, withProperty } from '@writ/kernel'

/** Where the parts of a `DecisionMade` entry stand in its text: `decided` is most of it, and is only ever compared. */
export interface SplitDecision {
  /** Where the text of `decided` begins. */
  readonly decidedAt: number
  /** Where the text of `engine` ends. */
  readonly engineEnd: number
  /** The event's, and so the decision's. */
  readonly id: string
  readonly inputs: DecisionInputs
}

const DATA = '"data":{"decided":'
const INPUTS = ',"inputs":'
const INPUTS_START = `${INPUTS}{"action":`
const BEHIND_DATA = '}},"id":"'
const SCHEMA = `"schema":${newestSchema('DecisionMade')},"stream":"decision:`
const TYPE = '","type":"DecisionMade","v":1}'

/**
 * Splits the text of a `DecisionMade` entry of today's schema in the category `decision`; undefined where the text is
 * not laid out so, and must then be parsed as a whole.
 *
 * In a canonical text no string holds these patterns, since their quotes would be escaped there. What stands behind
 * `data` has keys of a closed list and no object but `meta`, whose values are texts; so the last `inputs` that begins
 * an object, and the last end of `data`, are those of the decision, or what lies between them is no JSON value.
 */
export const splitDecision = (text: string): SplitDecision | undefined => {
  const dataAt = text.indexOf(DATA)
  const engineEnd = text.lastIndexOf(INPUTS_START)
  const inputsEnd = text.lastIndexOf(BEHIND_DATA) + 1
  const decidedAt = dataAt + DATA.length
  if (dataAt < 0 || engineEnd < decidedAt || inputsEnd <= engineEnd) return undefined
  if (!text.endsWith(TYPE) || text.indexOf(SCHEMA, inputsEnd) < 0) return undefined
  try {
    const inputs = JSON.parse(text.slice(engineEnd + INPUTS.length, inputsEnd)) as DecisionInputs
    const idAt = inputsEnd + BEHIND_DATA.length - 1
    const id = text.slice(idAt, text.indexOf('"', idAt))
    return { decidedAt, engineEnd, id, inputs }
  } catch {
    return undefined
  }
}

/** Whether values of an entry lie elsewhere: its commitments stand before its data. */
export const isCommitted = (text: string): boolean =>
  text.slice(0, text.indexOf('"data":{')).includes('"commitments":{')

/** A value of the data that lay sealed or attached, with its pointer in the shape that was written. */
export type OpenedValue = readonly [pointer: string, value: JsonValue]

/** What a decision read and what it came to, the second only on demand. */
export class RecordedDecision {
  readonly inputs: DecisionInputs
  /** Where the parts of its entry stand; undefined where only parsing tells. */
  readonly split: SplitDecision | undefined
  private readonly text: string
  private readonly opened: readonly OpenedValue[]
  private known: DecisionMade | undefined

  /** @throws SchemaFromTheFuture, SyntaxError */
  constructor(text: string, opened: readonly OpenedValue[] = NONE) {
    this.text = text
    this.opened = opened
    const isSplit = opened.length === 0 || opened.every(([pointer]) => INSIDE_INPUTS.test(pointer))
    this.split = isSplit ? splitDecision(text) : undefined
    this.inputs =
      this.split === undefined ? this.whole().inputs : inputsWith(this.split.inputs, opened)
  }

  /** All of it, in today's shape. @throws SchemaFromTheFuture */
  whole(): DecisionMade {
    this.known ??= wholeDecision(this.text, this.opened)
    return this.known
  }
}

const NONE: readonly OpenedValue[] = []
const INSIDE_INPUTS = /^\/inputs\//

const inputsWith = (inputs: DecisionInputs, opened: readonly OpenedValue[]): DecisionInputs =>
  opened.length === 0
    ? inputs
    : (withOpened({ inputs } as unknown as JsonObject, opened) as unknown as DecisionMade).inputs

const wholeDecision = (text: string, opened: readonly OpenedValue[]): DecisionMade => {
  const entry = parseEntry({ text })
  // Pointers are those of the shape it was written in, so values are put back before it is upcast.
  const data = withOpened(entry.data, opened)
  return upcast({ ...entry, data }).data as unknown as DecisionMade
}

const withOpened = (data: JsonObject, opened: readonly OpenedValue[]): JsonObject =>
  opened.reduce((all, [pointer, value]) => withProperty(all, pointer, value), data)
