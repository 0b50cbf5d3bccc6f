import { hash } from 'node:crypto'
import { canonicalJson, type JsonValue, Problem, pointerTo, pointerTokens } from '@writ/kernel'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { celEngine } from './cel-engine.ts'
import { checkDocument, hasActions } from './check-document.ts'
import { closest } from './closest-name.ts'
import { compileAction } from './compile-action.ts'
import { compileRewards } from './compile-rewards.ts'
import type { CompiledAction } from './compiled-action.ts'
import { policyDocumentSchema } from './document-schema.ts'
import { Faults } from './faults.ts'
import { strictValidator } from './json-schema.ts'
import type { LoadedPolicy } from './loaded-policy.ts'
import type { PolicyDocument } from './policy-document.ts'
import { readDocument, type SourceDocument } from './read-document.ts'
import { schemaFaults } from './schema-messages.ts'

/**
 * Reads, checks and compiles a policy. All work that does not depend on a request happens here, once.
 *
 * @problem policy-unreadable  not YAML or JSON; `line` and `column` say where
 * @problem policy-invalid     every fault of shape, meaning and expressions, each with pointer, line and column
 */
export const loadPolicy = (text: string): LoadedPolicy | Problem => {
  const examined = examinePolicy(text)
  if (examined instanceof Problem) return examined
  return examined.policy ?? examined.faults.problem() ?? defect()
}

/** A document that could be read: either a policy, or everything that keeps it from being one. */
export interface ExaminedPolicy {
  readonly source: SourceDocument
  readonly faults: Faults
  readonly policy: LoadedPolicy | null
}

/** What `loadPolicy` does, with the source and the faults kept. @problem policy-unreadable */
export const examinePolicy = (text: string): ExaminedPolicy | Problem => {
  const source = readDocument(text)
  if (source instanceof Problem) return source
  const faults = new Faults(source)
  checkShape(source.value, faults)
  if (!hasActions(source.value)) return { source, faults, policy: null }
  const document = deepFrozen(source.value) as unknown as PolicyDocument
  // Expressions can be compiled wherever the shape is right, so that one run tells of every fault.
  const compilable = Object.keys(document.actions).filter((name) =>
    faults.clean(pointerTo('/actions', name), '/params', '/variants'),
  )
  checkDocument(document, faults)
  const actions = compileActions(document, compilable, faults)
  const rewards = faults.clean('/params', '/reward')
    ? compileRewards(document, celEngine, faults)
    : []
  const clean = faults.clean('')
  return {
    source,
    faults,
    policy: clean ? policyOf(document, digestOf(source.value), actions, rewards) : null,
  }
}

const policyOf = (
  document: PolicyDocument,
  digest: string,
  actions: LoadedPolicy['actions'],
  rewards: LoadedPolicy['rewards'],
): LoadedPolicy => ({
  name: document.policy,
  version: document.version,
  domain: document.domain,
  digest,
  document,
  actions,
  rewards,
})

/** A policy's identity: what it says, not how its file is laid out. */
const digestOf = (document: JsonValue): string =>
  `sha256:${hash('sha256', canonicalJson(document))}`

let documentValidator: ValidateFunction | undefined

const checkShape = (document: JsonValue, faults: Faults): void => {
  documentValidator ??= strictValidator().compile(policyDocumentSchema)
  if (documentValidator(document)) return
  for (const { pointer, code, message, name, known } of schemaFaults(documentValidator.errors)) {
    const [written = ''] = pointerTokens(pointer).slice(-1)
    const suggestion = known && closest(written, known)
    if (name) faults.addToName(pointer, code, message, { suggestion })
    else faults.add(pointer, code, message)
  }
}

const compileActions = (
  document: PolicyDocument,
  names: readonly string[],
  faults: Faults,
): ReadonlyMap<string, CompiledAction> => {
  const ajv = strictValidator()
  const compiled = new Map<string, CompiledAction>()
  for (const name of names) {
    const made = compileAction(name, { document, engine: celEngine, ajv, faults })
    if (made) compiled.set(name, made)
  }
  return compiled
}

const deepFrozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) deepFrozen(inner)
  return Object.freeze(value)
}

const defect = (): never => {
  throw new Error('a document without actions passed the schema')
}
