import { canonicalJson, canonicalString, type JsonValue } from '@writ/kernel'
import type { Decided, Verdict, Voice } from '@writ/policy-engine'

/**
 * Whether the RFC 8785 text of `decided` stands in `text` at `at`: where it ends, or -1. The same answer as making that
 * text and comparing it, at a fraction of the cost: it is compared part by part where it would stand, and parts are
 * made once an action. The text of an object is never the mere beginning of another one's, so an equal beginning is
 * equality.
 *
 * @param action the compiled action that decided; null where there is none
 */
export const endOfDecided = (
  text: string,
  at: number,
  { decided, action }: { readonly decided: Decided; readonly action: object | null },
): number => {
  let here = at
  const stands = decidedParts(decided, action, (part) => {
    const end = here + part.length
    // By slices, which are compared as bytes: `startsWith` goes letter by letter (4 µs a kilobyte, measured).
    if (text.slice(here, end) !== part) return false
    here = end
    return true
  })
  return stands ? here : -1
}

/** Hears the text of a result part by part; joined they are `canonicalJson(decided)`. False ends it. */
type Hear = (part: string) => boolean

/** Tells the RFC 8785 text of a result, in order; false where `hear` wanted no more. */
export const decidedParts = (decided: Decided, action: object | null, hear: Hear): boolean => {
  const known = decided.vetoUntil === undefined ? 9 : 10
  // A field that this page does not know: no short cut.
  if (action === null || Object.keys(decided).length !== known) return hear(json(decided))
  const shapes = shapesOf(action)
  // An action's results are copies of one blank (compile-action.ts), so what fits once fits always.
  if (!shapes.isKnown) {
    if (!fits(decided.values, shapes)) return hear(json(decided))
    shapes.isKnown = true
  }
  const { autonomyLevel, ceilings, codes, effectiveAt, neededLevel, obligations } = decided
  const head =
    `{"autonomyLevel":${json(autonomyLevel)},"ceilings":${ceilingsText(ceilings)},"codes":${codesText(codes)}` +
    `,"effectiveAt":${json(effectiveAt)},"neededLevel":${json(neededLevel)}` +
    `,"obligations":${json(obligations)},"outcome":${json(decided.outcome)},"values":`
  const veto = decided.vetoUntil === undefined ? '' : `,"vetoUntil":${json(decided.vetoUntil)}`
  return (
    hear(head) &&
    tellValues(decided.values, shapes, hear) &&
    hear(`${veto},"voices":`) &&
    tellVoices(decided.voices, hear) &&
    hear('}')
  )
}

const json = (value: unknown): string => canonicalJson(value as JsonValue)

type Values = Readonly<Record<string, Verdict>>
interface Shapes {
  readonly byGroup: Map<string, Shape>
  isKnown: boolean
}

/** Conditions that stand together in a text. Unit: conditions. Their verdicts have 3^5 texts, kept as they are met. */
const CHUNK = 5

/** The conditions of one group, as an action always has them. */
interface Shape {
  /** In the order in which the engine puts them. */
  readonly keys: readonly string[]
  /** In canonical order. */
  readonly chunks: readonly Chunk[]
}

interface Chunk {
  readonly names: readonly string[]
  /** Where each stands among the keys. */
  readonly places: readonly number[]
  /** By verdicts, read as a number to the base of 3; each begins with the comma before it, but the first chunk's. */
  readonly texts: (string | undefined)[]
  readonly comma: string
}

const known = new WeakMap<object, Shapes>()

const shapesOf = (action: object): Shapes => {
  let shapes = known.get(action)
  if (shapes === undefined) {
    shapes = { byGroup: new Map(), isKnown: false }
    known.set(action, shapes)
  }
  return shapes
}

/** Whether every group has the conditions that this action always has. */
const fits = (values: Decided['values'], shapes: Shapes): boolean => {
  for (const group in values) {
    const of = values[group as keyof Decided['values']] as Values
    if (!hasKeys(of, shapeOf(group, of, shapes).keys)) return false
  }
  return true
}

/** Whether an object has just these keys, in this order. */
export const hasKeys = (values: object, keys: readonly string[]): boolean => {
  const own = Object.keys(values)
  if (own.length !== keys.length) return false
  for (let i = 0; i < own.length; i++) if (own[i] !== keys[i]) return false
  return true
}

const shapeOf = (group: string, values: Values, shapes: Shapes): Shape => {
  let shape = shapes.byGroup.get(group)
  if (shape === undefined) {
    const keys = Object.keys(values)
    const names = keys.toSorted()
    const chunks: Chunk[] = []
    for (let i = 0; i < names.length; i += CHUNK) {
      const some = names.slice(i, i + CHUNK)
      const places = some.map((name) => keys.indexOf(name))
      chunks.push({ names: some, places, texts: [], comma: i === 0 ? '' : ',' })
    }
    shape = { keys, chunks }
    shapes.byGroup.set(group, shape)
  }
  return shape
}

const tellValues = (values: Decided['values'], shapes: Shapes, hear: Hear): boolean => {
  let before = '{'
  for (const group of Object.keys(values).sort()) {
    if (!hear(`${before}${canonicalString(group)}:{`)) return false
    before = '},'
    const of = values[group as keyof Decided['values']] as Values
    // All at once and then by place: a look-up by name for each condition took three times as long.
    const verdicts = Object.values(of)
    for (const chunk of shapeOf(group, of, shapes).chunks)
      if (!hear(chunkText(verdicts, chunk))) return false
  }
  return hear(before === '{' ? '{}' : '}}')
}

const chunkText = (verdicts: readonly Verdict[], chunk: Chunk): string => {
  let number = 0
  for (const place of chunk.places) {
    const verdict = verdicts[place]
    if (verdict === false) number *= 3
    else if (verdict === true) number = number * 3 + 1
    else if (verdict === 'error') number = number * 3 + 2
    // Anything else is no verdict: made anew, never taken for another value.
    else return newChunkText(verdicts, chunk)
  }
  let text = chunk.texts[number]
  if (text === undefined) {
    text = newChunkText(verdicts, chunk)
    chunk.texts[number] = text
  }
  return text
}

const newChunkText = (verdicts: readonly Verdict[], { names, places, comma }: Chunk): string => {
  const pairs = names.map(
    (name, i) => `${canonicalString(name)}:${json(verdicts[places[i] as number])}`,
  )
  return flat(comma + pairs.join(','))
}

/** Voices of the policy itself are frozen objects made once at load, so their text is made once too. */
const voiceTexts = new WeakMap<Voice, string>()

const tellVoices = (voices: readonly Voice[], hear: Hear): boolean => {
  let first = true
  for (const voice of voices) {
    const text = voiceText(voice)
    if (!hear(first ? `[${text.slice(1)}` : text)) return false
    first = false
  }
  return hear(first ? '[]' : ']')
}

/** With the comma before it. */
const voiceText = (voice: Voice): string => {
  let text = voiceTexts.get(voice)
  if (text === undefined) {
    text = flat(`,${json(voice)}`)
    if (Object.isFrozen(voice) && Object.values(voice).every(isScalar)) voiceTexts.set(voice, text)
  }
  return text
}

const isScalar = (value: unknown): boolean => typeof value !== 'object'

/** A text that is compared often should not be a chain of pieces inside the engine. */
const flat = (text: string): string => Buffer.from(text).toString()

const ceilingsText = (ceilings: Decided['ceilings']): string => {
  let text = '['
  for (const ceiling of ceilings) {
    const { level, source } = ceiling
    // One that holds more than these two is told whole.
    if (Object.keys(ceiling).length !== 2) return json(ceilings)
    const one = `{"level":${canonicalString(level)},"source":${canonicalString(source)}}`
    text += text === '[' ? one : `,${one}`
  }
  return `${text}]`
}

/** Most texts of codes that are kept; a policy has a few hundred codes. */
const CODES_MAX = 10_000
const codeTexts = new Map<string, string>()

const codesText = (codes: readonly string[]): string => {
  let text = '['
  for (const code of codes) {
    let part = codeTexts.get(code)
    if (part === undefined) {
      part = canonicalString(code)
      if (codeTexts.size < CODES_MAX) codeTexts.set(code, part)
    }
    text += text === '[' ? part : `,${part}`
  }
  return `${text}]`
}
