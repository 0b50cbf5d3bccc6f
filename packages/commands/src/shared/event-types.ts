import {
  faultPointer,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  Problem,
  type ProblemPlace,
  pointerTo,
  type SqlDatabase,
} from '@writ/kernel'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

/** How long "nobody registered this type" is believed. A registration elsewhere counts from then on at the latest. */
const UNREGISTERED_MS = 1_000

/** One registered version of an event type. */
export interface RegisteredType {
  readonly digest: string
  /** Pointers into data whose values are sealed. */
  readonly personal: readonly string[]
  /** Pointer of the field that names the subject, with the subject's type. */
  readonly subject: { readonly pointer: string; readonly type: string } | undefined
  /** Bad places of data; empty when it fits. */
  readonly check: (data: JsonValue) => readonly ProblemPlace[]
}

interface Row {
  document: JsonObject
  digest: Uint8Array
}

/** Event types that a tenant registered: immutable, so a found one is remembered for ever. */
export class EventTypes {
  private readonly database: SqlDatabase
  private readonly now: () => number
  private readonly found = new Map<string, RegisteredType>()
  private readonly missing = new Map<string, number>()

  constructor(database: SqlDatabase, now: () => number) {
    this.database = database
    this.now = now
  }

  async registered(
    tenant: string,
    type: string,
    schema: number,
  ): Promise<RegisteredType | undefined> {
    const name = `${tenant} ${type} ${schema}`
    const found = this.found.get(name)
    if (found !== undefined) return found
    if ((this.missing.get(name) ?? 0) > this.now()) return undefined
    const [row] = await this.database.query<Row>({
      name: 'event-type',
      text: 'select document, digest from log.event_types where tenant = $1 and type = $2 and schema = $3',
      values: [tenant, type, schema],
    })
    if (row === undefined) {
      if (this.missing.size > 10_000) this.missing.clear()
      this.missing.set(name, this.now() + UNREGISTERED_MS)
      return undefined
    }
    const compiled = compileEventType(row.document)
    if (compiled instanceof Problem)
      throw new Error(`the registered type ${type} does not compile: ${compiled.detail}`)
    const registered = { ...compiled, digest: Buffer.from(row.digest).toString('hex') }
    this.found.set(name, registered)
    return registered
  }

  /** Called after a registration by this process, so that it counts at once. */
  forgetMissing(tenant: string, type: string, schema: number): void {
    this.missing.delete(`${tenant} ${type} ${schema}`)
  }
}

/**
 * Compiles the JSON Schema (2020-12) of an event type's data. It must be a closed object; `x-personal: true` marks
 * properties that are sealed, `x-subject: "<type>"` the one that names the subject.
 *
 * @problem event-type-schema-invalid
 */
export const compileEventType = (
  document: JsonObject,
): Omit<RegisteredType, 'digest'> | Problem => {
  const places = openPlaces(document, '')
  if (document.type !== 'object')
    places.push({
      pointer: '/type',
      message: 'the data of an event is an object: "type": "object"',
    })
  const marks = marksOf(document, '')
  if (marks.subjects.length > 1)
    places.push({ pointer: '', message: 'at most one property may carry x-subject' })
  if (marks.personal.length > 0 && marks.subjects.length === 0) {
    places.push({
      pointer: '',
      message:
        'personal fields need a subject to be sealed for: mark the property that names it with x-subject',
    })
  }
  if (places.length > 0) return invalid(places)
  const validate = compile(document)
  if (validate instanceof Problem) return validate
  return {
    personal: marks.personal,
    subject: marks.subjects[0],
    check: (data) => (validate(data) ? [] : (validate.errors ?? []).slice(0, 50).map(placeOf)),
  }
}

const invalid = (errors: readonly ProblemPlace[]): Problem =>
  new Problem('event-type-schema-invalid', `The schema cannot be used: ${errors[0]?.message}.`, {
    errors,
  })

const compile = (document: JsonObject): ValidateFunction | Problem => {
  const ajv = new Ajv2020({
    strict: true,
    allErrors: true,
    coerceTypes: false,
    useDefaults: false,
    removeAdditional: false,
  })
  addFormats.default(ajv)
  ajv.addKeyword({ keyword: 'x-personal', schemaType: 'boolean' })
  ajv.addKeyword({ keyword: 'x-subject', schemaType: 'string' })
  try {
    return ajv.compile(document)
  } catch (fault) {
    return invalid([{ pointer: '', message: (fault as Error).message.slice(0, 300) }])
  }
}

/** Objects that would take unknown fields. `pattern` back-tracks on hostile text and is refused with them. */
const openPlaces = (node: JsonValue | undefined, pointer: string): ProblemPlace[] => {
  if (Array.isArray(node)) return node.flatMap((item, i) => openPlaces(item, pointerTo(pointer, i)))
  if (!isJsonObject(node)) return []
  const places: ProblemPlace[] = []
  if (node.type === 'object' && node.additionalProperties !== false) {
    places.push({ pointer, message: 'objects are closed: add "additionalProperties": false' })
  }
  if (typeof node.pattern === 'string') {
    places.push({
      pointer: `${pointer}/pattern`,
      message: 'pattern is refused: use enum, format, minLength and maxLength',
    })
  }
  for (const [name, inner] of Object.entries(node))
    places.push(...openPlaces(inner, pointerTo(pointer, name)))
  return places
}

interface Marks {
  readonly personal: string[]
  readonly subjects: { pointer: string; type: string }[]
}

/** Only properties reached through properties can be marked: an element of a list has no lasting pointer. */
const marksOf = (schema: JsonObject, pointer: string): Marks => {
  const marks: Marks = { personal: [], subjects: [] }
  const properties = schema.properties
  if (!isJsonObject(properties)) return marks
  for (const [name, property] of Object.entries(properties)) {
    if (!isJsonObject(property)) continue
    const here = pointerTo(pointer, name)
    if (typeof property['x-subject'] === 'string')
      marks.subjects.push({ pointer: here, type: property['x-subject'] })
    if (property['x-personal'] === true) marks.personal.push(here)
    else {
      const inner = marksOf(property, here)
      marks.personal.push(...inner.personal)
      marks.subjects.push(...inner.subjects)
    }
  }
  return marks
}

const placeOf = (error: ErrorObject): ProblemPlace => ({
  pointer: faultPointer(error),
  message: error.message ?? 'does not fit the schema',
})
