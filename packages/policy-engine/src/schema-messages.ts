import { type ProblemPlace, pointerTo } from '@writ/kernel'
import type { ErrorObject } from 'ajv/dist/2020.js'
import type { FaultCode } from './fault-codes.ts'

/** A bad place of checked JSON; `name` says that the property's name is at fault, not its value. */
export interface SchemaFault extends ProblemPlace {
  readonly code: FaultCode
  readonly name?: true
  /** Names that the closed object knows, where one of them may have been meant. */
  readonly known?: readonly string[]
}

/**
 * The validator's errors as places with sentences. Values of the input are never repeated: they may be personal and
 * the sentences are logged and sent.
 */
export const schemaFaults = (errors: readonly ErrorObject[] | null | undefined): SchemaFault[] =>
  (errors ?? []).filter(isOwnFault).map(faultOf)

/** Errors that only report that another error was found below them, or one branch of several. */
const isOwnFault = ({ keyword, schemaPath, propertyName }: ErrorObject): boolean =>
  keyword !== 'if' &&
  !(keyword === 'propertyNames' && propertyName === undefined) &&
  !/\/anyOf\/[0-9]+\//.test(schemaPath)

const faultOf = (error: ErrorObject): SchemaFault => {
  const { instancePath, keyword, params, propertyName } = error
  if (propertyName !== undefined) {
    return {
      pointer: pointerTo(instancePath, propertyName),
      message: nameMessage(error),
      code: 'name-invalid',
      name: true,
    }
  }
  const code = 'value-invalid'
  switch (keyword) {
    case 'required':
      return {
        pointer: pointerTo(instancePath, params.missingProperty),
        message: 'is missing',
        code: 'key-missing',
      }
    case 'additionalProperties':
      return {
        pointer: pointerTo(instancePath, params.additionalProperty),
        message: 'is not a known field',
        code: 'unknown-key',
        name: true,
        known: knownNames(error),
      }
    case 'enum':
      return {
        pointer: instancePath,
        message: `must be one of ${params.allowedValues.join(', ')}`,
        code,
      }
    case 'const':
      return {
        pointer: instancePath,
        message: `must be ${JSON.stringify(params.allowedValue)}`,
        code,
      }
    case 'anyOf':
      return { pointer: instancePath, message: 'needs maxLength, format or enum', code }
    default:
      return { pointer: instancePath, message: error.message ?? `fails ${keyword}`, code }
  }
}

/** With `verbose`, the library hands over the schema that was not met. */
const knownNames = ({ parentSchema }: ErrorObject): readonly string[] =>
  Object.keys(parentSchema?.properties ?? {})

const nameMessage = ({ keyword, params }: ErrorObject): string =>
  keyword === 'pattern' ? `is no valid name: must match ${params.pattern}` : 'is a reserved name'
