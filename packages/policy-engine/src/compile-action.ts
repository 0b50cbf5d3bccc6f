import { pointerTo } from '@writ/kernel'
import { ActionCompiler, type CompileContext } from './action-compiler.ts'
import type { CompiledAction, CompiledBand, CompiledCondition } from './compiled-action.ts'
import { optionalValues } from './optional-values.ts'
import type { ActionDocument, PolicyDocument } from './policy-document.ts'
import { requestBinder } from './request-binder.ts'
import { type ObjectShape, personalPointersOf } from './shape.ts'
import { speech } from './voices.ts'
import type { Verdict } from './words.ts'

/** Compiles one action whose shape was found clean. Undefined where anything that it needs has a fault. */
export const compileAction = (
  name: string,
  context: CompileContext,
): CompiledAction | undefined => {
  const pointer = pointerTo('/actions', name)
  const action = context.document.actions[name] as ActionDocument
  const compiler = new ActionCompiler(pointer, action, context)
  const evidence = compiler.evidence()
  const derived = compiler.derived()
  const guardrails = compiler.guardrails()
  const rules = compiler.rules()
  const bands = compiler.bands()
  compiler.checkTotalCost()
  if (!context.faults.clean(pointer, '/params', '/variants')) return undefined
  const bind = compiler.scope.binder('request')
  return {
    name,
    document: action,
    irreversible: action.effect === 'irreversible',
    personalPointers: personalPointersOf(compiler.requestShape),
    bindRequest: requestBinder(context.ajv, action.request, bind),
    bindSubject: compiler.scope.binder('subject'),
    params: paramSets(context.document, compiler.paramsShape, compiler),
    features: optionalValues(action.features),
    emptyFeatures: compiler.maker('features'),
    evidence,
    emptyEvidence: compiler.maker('evidence'),
    derived,
    emptyDerived: compiler.maker('derived'),
    guardrails,
    rules,
    hit: action.rules.hit,
    defaultSpeech: defaultSpeech(action),
    bands,
    ceiling: action.autonomy.ceiling,
    blank: blankValues(guardrails, rules, bands),
  }
}

const defaultSpeech = ({ rules }: ActionDocument) => {
  const { outcome, code, message, path } = rules.default
  return speech({ kind: 'default', id: 'default', says: outcome, code, message, path })
}

/** The parameters of the file and of each variant: an overlay is computed once here, never per decision. */
const paramSets = (
  document: PolicyDocument,
  shape: ObjectShape,
  compiler: ActionCompiler,
): ReadonlyMap<string | null, object> => {
  const bind = compiler.scope.binder('params') as (values: object) => object
  const own = Object.fromEntries(
    Object.keys(shape.fields).map((name) => [name, document.params?.[name]?.value]),
  )
  const sets = new Map<string | null, object>([[null, bind(own)]])
  for (const { id, params } of document.variants?.list ?? []) {
    sets.set(id, bind({ ...own, ...params }))
  }
  return sets
}

const blankValues = (
  guardrails: readonly CompiledCondition[],
  rules: readonly CompiledCondition[],
  bands: readonly CompiledBand[],
) => ({
  guardrails: guardrails.length > 0 ? blanks(guardrails.map(({ id }) => id)) : null,
  rules: blanks(rules.map(({ id }) => id)),
  bands: blanks(bands.map(({ level }) => level)),
})

const blanks = (names: readonly string[]): Readonly<Record<string, Verdict>> =>
  Object.fromEntries(names.map((name) => [name, false]))
