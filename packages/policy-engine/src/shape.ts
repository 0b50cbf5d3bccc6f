import { pointerTo } from '@writ/kernel'
import { FORMAT_LENGTHS, STRING_LENGTH_MAX } from './field-schema.ts'
import type { EvidenceDocument, FieldSchema, ParamDocument, ScalarType } from './policy-document.ts'

export type ScalarKind = ScalarType | 'duration'

/** What conditions may know about a value: its type, its bounds (for the cost of reading it), its secrecy. */
export type Shape =
  | {
      readonly kind: Exclude<ScalarKind, 'string'>
      readonly optional?: true
      readonly personal?: true
    }
  | {
      readonly kind: 'string'
      readonly maxLength: number
      readonly optional?: true
      readonly personal?: true
    }
  | {
      readonly kind: 'list'
      readonly item: Shape
      readonly maxItems: number
      readonly optional?: true
      readonly personal?: true
    }
  | ObjectShape
  /** A value nobody declared. Only `outcome` in rewards is open: its producers are free. */
  | { readonly kind: 'open'; readonly optional?: true; readonly personal?: true }

export interface ObjectShape {
  readonly kind: 'object'
  readonly fields: Readonly<Record<string, Shape>>
  readonly optional?: true
  readonly personal?: true
}

/** Longest text that a caller may put into a feature, a piece of evidence or a subject id. Unit: UTF-16 code units. */
export const FREE_TEXT_LENGTH_MAX = 1000

export const objectShape = (fields: Readonly<Record<string, Shape>>): ObjectShape => ({
  kind: 'object',
  fields: Object.assign(Object.create(null), fields),
})

/** The shape of a request, from its checked JSON Schema. */
export const shapeOfField = (schema: FieldSchema): Shape => {
  const personal = schema['x-personal'] ? ({ personal: true } as const) : {}
  switch (schema.type) {
    case 'integer':
      return { kind: 'int', ...personal }
    case 'number':
      return { kind: 'double', ...personal }
    case 'boolean':
      return { kind: 'bool', ...personal }
    case 'string':
      return schema.format === 'date-time'
        ? { kind: 'timestamp', ...personal }
        : { kind: 'string', maxLength: textLengthMax(schema), ...personal }
    case 'array':
      return {
        kind: 'list',
        item: shapeOfField(schema.items as FieldSchema),
        maxItems: schema.maxItems ?? 0,
        ...personal,
      }
    case 'object':
      return { ...objectShape(fieldsOf(schema)), ...personal }
    default:
      return schema.type satisfies never
  }
}

const fieldsOf = (schema: FieldSchema): Record<string, Shape> => {
  const required = new Set(schema.required)
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, field]) => [
      name,
      required.has(name)
        ? shapeOfField(field)
        : { ...shapeOfField(field), optional: true as const },
    ]),
  )
}

const textLengthMax = (schema: FieldSchema): number =>
  Math.min(
    schema.maxLength ?? STRING_LENGTH_MAX,
    schema.format === undefined ? STRING_LENGTH_MAX : (FORMAT_LENGTHS[schema.format] ?? 0),
    schema.enum ? Math.max(...schema.enum.map((text) => String(text).length)) : STRING_LENGTH_MAX,
  )

export const scalarShape = (kind: ScalarKind): Shape =>
  kind === 'string' ? { kind, maxLength: FREE_TEXT_LENGTH_MAX } : { kind }

/** Features, evidence values: each may be missing, and reading a missing one is an error. */
export const optionalScalars = (types: Readonly<Record<string, ScalarType>> = {}): ObjectShape =>
  objectShape(
    Object.fromEntries(
      Object.entries(types).map(([name, type]) => [name, { ...scalarShape(type), optional: true }]),
    ),
  )

/** The shape of a derived value as its declaration promises; what its expression shows refines it. */
export const shapeOfType = (type: string): Shape => {
  const [, item] = /^list<(.+)>$/.exec(type) ?? []
  if (item) return { kind: 'list', item: scalarShape(item as 'int'), maxItems: 1000 }
  return scalarShape(type as 'int')
}

/** `evidence.<id>` is there only when it is signed, not too old and not from the future. */
export const evidenceShape = (evidence: readonly EvidenceDocument[] = []): ObjectShape =>
  objectShape(
    Object.fromEntries(
      evidence.map(({ id, values }) => [
        id,
        {
          ...objectShape({ at: { kind: 'timestamp' }, ...optionalScalars(values).fields }),
          optional: true as const,
        },
      ]),
    ),
  )

export const shapeOfParam = (param: ParamDocument): Shape => {
  const longest = Math.max(0, ...(param.enum ?? []).map((text) => text.length))
  if (param.type === 'string') return { kind: 'string', maxLength: longest }
  if (param.type === 'list<string>') {
    return { kind: 'list', item: { kind: 'string', maxLength: longest }, maxItems: 200 }
  }
  return { kind: param.type }
}

/** The type's name as policy authors write it: `int`, `list<string>`, `object`. */
export const typeName = (shape: Shape): string =>
  shape.kind === 'list' ? `list<${typeName(shape.item)}>` : shape.kind

/** JSON pointers of everything marked personal, outermost first; a personal object hides what is inside. */
export const personalPointersOf = (shape: Shape, pointer = ''): readonly string[] => {
  if (shape.personal) return [pointer]
  if (shape.kind !== 'object') return []
  return Object.entries(shape.fields).flatMap(([name, field]) =>
    personalPointersOf(field, pointerTo(pointer, name)),
  )
}
