import { pointerTo } from './json-pointer.ts'

/** What Ajv and its like tell of one fault; here in its own words, so that the kernel needs no such library. */
export interface SchemaFault {
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
}

/**
 * Where a fault against a JSON Schema lies: a missing or unknown property is named by its own pointer, not by that of
 * the object around it.
 */
export const faultPointer = ({ instancePath, params }: SchemaFault): string => {
  const name = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty
  return typeof name === 'string' ? pointerTo(instancePath, name) : instancePath
}
