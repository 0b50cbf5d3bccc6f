import { Ajv2020 } from 'ajv/dist/2020.js'
import { instantOf } from './instant.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** Local part and host as mail servers accept them in practice; whether the address exists no pattern can tell. */
const EMAIL = /^[^\s@<>()[\]\\,;:"]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,187}[a-z0-9])?$/i

/** Our own formats: bounded texts, linear patterns, and times that a Date keeps exactly. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) => instantOf(text) !== null,
  date: (text) => text.length === 10 && instantOf(`${text}T00:00:00Z`) !== null,
  uuid: (text) => UUID.test(text),
  email: (text) => EMAIL.test(text),
}

/** A JSON Schema validator that converts nothing, drops nothing, adds nothing and names every fault. */
export const strictValidator = (): Ajv2020 => {
  const ajv = new Ajv2020({
    strict: true,
    // `type: [boolean, string]` of x-subject; everything else of strict mode stays on.
    allowUnionTypes: true,
    allErrors: true,
    // Errors carry their schema, so that a misspelt key can be told its name. They are never sent as they are.
    verbose: true,
    coerceTypes: false,
    removeAdditional: false,
    useDefaults: false,
    // An inherited name such as toString is not a field.
    ownProperties: true,
    addUsedSchema: false,
    // Schemas come from here or passed our own schema of schemas; compiling the meta-schema would take 30 ms a policy.
    meta: false,
    validateSchema: false,
    logger: false,
  })
  ajv.addVocabulary(['x-personal', 'x-actionable', 'x-subject'])
  for (const [name, validate] of Object.entries(FORMATS)) ajv.addFormat(name, validate)
  return ajv
}
