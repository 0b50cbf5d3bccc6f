import { pointerTo } from '@writ/kernel'
import type { Ajv2020 } from 'ajv/dist/2020.js'
import type {
  CompiledBand,
  CompiledCondition,
  CompiledDerived,
  CompiledEvidence,
} from './compiled-action.ts'
import { isoDurationMs } from './duration.ts'
import { presenceTestsOf, readsOf } from './expr.ts'
import { ACTION_COST_MAX } from './expr-cost.ts'
import { type CompiledExpr, type ExprEngine, ExprFaults, type ExprScope } from './expr-engine.ts'
import type { FaultCode } from './fault-codes.ts'
import type { Faults } from './faults.ts'
import { optionalValues } from './optional-values.ts'
import type { ActionDocument, GuardrailDocument, PolicyDocument } from './policy-document.ts'
import {
  evidenceShape,
  type ObjectShape,
  objectShape,
  optionalScalars,
  type Shape,
  shapeOfField,
  shapeOfParam,
  shapeOfType,
} from './shape.ts'
import { judgeOf } from './verdict.ts'
import { type Speech, speech } from './voices.ts'

export interface CompileContext {
  readonly document: PolicyDocument
  readonly engine: ExprEngine
  readonly ajv: Ajv2020
  readonly faults: Faults
}

/** Compiles the expressions of one action in the order in which deciding evaluates them, collecting faults. */
export class ActionCompiler {
  readonly requestShape: Shape
  readonly paramsShape: ObjectShape
  readonly scope: ExprScope
  readonly #pointer: string
  readonly #action: ActionDocument
  readonly #context: CompileContext
  /** Filled as derived values are compiled: an expression sees those before it, with what is known of them. */
  readonly #derivedFields: Record<string, Shape>
  readonly #derivedReads = new Map<string, CompiledExpr>()
  #cost = 0

  constructor(pointer: string, action: ActionDocument, context: CompileContext) {
    this.#pointer = pointer
    this.#action = action
    this.#context = context
    const { params = {} } = context.document
    this.requestShape = shapeOfField(action.request)
    this.paramsShape = objectShape(
      Object.fromEntries(Object.entries(params).map(([id, param]) => [id, shapeOfParam(param)])),
    )
    const derivedShape = objectShape(
      Object.fromEntries((action.derive ?? []).map(({ id, type }) => [id, shapeOfType(type)])),
    )
    this.#derivedFields = derivedShape.fields as Record<string, Shape>
    this.scope = context.engine.scope({
      request: this.requestShape,
      subject: objectShape({
        type: { kind: 'string', maxLength: 63 },
        id: { kind: 'string', maxLength: 256 },
      }),
      params: this.paramsShape,
      base: this.paramsShape,
      derived: derivedShape,
      // Features say something about a person, so what they show is as secret as a personal field (DESIGN §4.4).
      features: { ...optionalScalars(action.features), personal: true },
      evidence: evidenceShape(action.evidence),
      now: { kind: 'timestamp' },
    })
  }

  /** Makes empty typed objects of a variable that is filled field by field. */
  maker(variable: string): () => Record<string, unknown> {
    const bind = this.scope.binder(variable) as (value: object) => Record<string, unknown>
    const nothing = Object.create(null)
    return () => bind(nothing)
  }

  evidence(): readonly CompiledEvidence[] {
    return (this.#action.evidence ?? []).map((each, i) => {
      const { id, requiredWhen, maxAge, onMissing: says = 'escalate', path } = each
      const at = pointerTo(pointerTo(this.#pointer, 'evidence'), i)
      const when =
        requiredWhen === undefined
          ? null
          : this.#compile(`${at}/requiredWhen`, requiredWhen, 'bool')
      if (when && [...readsOf(when.expr)].some((read) => read.startsWith('derived.'))) {
        const message = 'derived values are computed after evidence is checked'
        this.#fault(`${at}/requiredWhen`, 'derived-too-early', message)
      }
      const kind = 'evidence' as const
      return {
        id,
        maxAgeMs: isoDurationMs(maxAge) ?? 0,
        requiredWhen: when ? judgeOf(when.atoms) : null,
        compiled: when ?? null,
        values: optionalValues(each.values),
        empty: this.#evidenceMaker(id),
        missing: speech({ kind, id, says, code: 'EVIDENCE_MISSING', path }),
        fails: speech({ kind, id, says, code: 'EVIDENCE_ERROR', path }),
      }
    })
  }

  derived(): readonly CompiledDerived[] {
    const later = new Set((this.#action.derive ?? []).map(({ id }) => `derived.${id}`))
    return (this.#action.derive ?? []).flatMap(({ id, type, expr }, i) => {
      const at = `${this.#pointer}/derive/${i}/expr`
      const compiled = this.#compile(at, expr, type)
      if (!compiled) return []
      const early = [...readsOf(compiled.expr)].find((read) => later.has(read))
      if (early) {
        const message = `${early} is not computed yet: only earlier values can be read`
        this.#fault(at, 'derived-too-early', message)
      }
      later.delete(`derived.${id}`)
      this.#derivedReads.set(`derived.${id}`, compiled)
      this.#refineDerived(id, compiled)
      const fails = speech({ kind: 'derive', id, says: 'escalate', code: 'DERIVE_ERROR' })
      return [{ id, compiled, program: compiled.program, fails }]
    })
  }

  guardrails(): readonly CompiledCondition[] {
    return (this.#action.guardrails ?? []).flatMap((guardrail, i) => {
      const { id, when, effect: says, code, message, path } = guardrail
      const at = `${this.#pointer}/guardrails/${i}/when`
      const kind = 'guardrail' as const
      const holds = speech({ kind, id, says, code, message, path })
      const fails = speech({ kind, id, says, code: 'GUARDRAIL_ERROR', path })
      const condition = this.#condition(at, id, when, { holds, fails })
      if (condition) this.#checkGuardrail(at, guardrail, condition.compiled)
      return condition ? [condition] : []
    })
  }

  rules(): readonly CompiledCondition[] {
    const kind = 'rule' as const
    return this.#action.rules.list.flatMap((rule, i) => {
      const { id, when, outcome: says, code, message, path } = rule
      const holds = speech({ kind, id, says, code, message, path })
      const fails = speech({ kind, id, says: 'escalate', code: 'RULE_ERROR', path })
      const at = `${this.#pointer}/rules/list/${i}/when`
      return this.#condition(at, id, when, { holds, fails }) ?? []
    })
  }

  bands(): readonly CompiledBand[] {
    return this.#action.autonomy.bands.flatMap(({ level, when, vetoWindow }, i) => {
      const parts = { kind: 'band', id: level, says: 'escalate' } as const
      const fails = speech({ ...parts, code: 'BAND_ERROR' })
      const at = `${this.#pointer}/autonomy/bands/${i}/when`
      const condition = this.#condition(at, level, when, { holds: fails, fails })
      if (!condition) return []
      const vetoWindowMs = vetoWindow === undefined ? null : isoDurationMs(vetoWindow)
      return [{ ...condition, level, vetoWindowMs }]
    })
  }

  checkTotalCost(): void {
    if (this.#cost <= ACTION_COST_MAX) return
    const cost = Math.ceil(this.#cost)
    this.#fault(
      this.#pointer,
      'action-cost-exceeded',
      `all expressions together may cost ${cost} units, at most ${ACTION_COST_MAX}`,
    )
  }

  #condition(
    at: string,
    id: string,
    when: string,
    speeches: { readonly holds: Speech; readonly fails: Speech },
  ): CompiledCondition | undefined {
    const compiled = this.#compile(at, when, 'bool')
    return compiled && { id, judge: judgeOf(compiled.atoms), compiled, ...speeches }
  }

  #compile(at: string, source: string, type: string): CompiledExpr | undefined {
    const compiled = this.scope.compile(source, type)
    if (!(compiled instanceof ExprFaults)) {
      this.#cost += compiled.cost
      return compiled
    }
    this.#context.faults.addExpression(at, compiled.list)
    return undefined
  }

  /** A guardrail must hold whatever variant runs, and whatever features happen to be missing. */
  #checkGuardrail(at: string, guardrail: GuardrailDocument, compiled: CompiledExpr): void {
    const changed = new Set(
      (this.#context.document.variants?.list ?? []).flatMap(({ params = {} }) =>
        Object.keys(params).map((name) => `params.${name}`),
      ),
    )
    for (const part of this.#withDerived(compiled)) {
      const read = [...readsOf(part.expr)].find((name) => changed.has(name))
      if (read && guardrail.readsVariantParams !== true) {
        this.#fault(
          at,
          'guardrail-reads-variant-param',
          `reads ${read}, which a variant changes; readsVariantParams: true allows it`,
        )
      }
      const tested = [...presenceTestsOf(part.expr)].find((name) => name.startsWith('features.'))
      if (tested) {
        const message = `has(${tested}): a missing feature must not pass a guardrail`
        this.#fault(at, 'guardrail-tests-feature', message)
      }
    }
  }

  #withDerived(compiled: CompiledExpr): ReadonlySet<CompiledExpr> {
    const parts = new Set([compiled])
    for (const part of parts) {
      for (const read of readsOf(part.expr)) {
        const derived = this.#derivedReads.get(read)
        if (derived) parts.add(derived)
      }
    }
    return parts
  }

  #refineDerived(id: string, { shape, personal }: CompiledExpr): void {
    const known = shape && shape.kind !== 'map' ? { ...shape } : this.#derivedFields[id]
    if (!known) return
    const { optional: _, ...present } = known
    this.#derivedFields[id] = personal
      ? { ...(present as Shape), personal: true }
      : (present as Shape)
  }

  #evidenceMaker(id: string): () => Record<string, unknown> {
    const bind = this.scope.binder('evidence') as (value: object) => Record<string, never>
    return () => bind({ [id]: {} })[id] as unknown as Record<string, unknown>
  }

  #fault(at: string, code: FaultCode, message: string): void {
    this.#context.faults.add(at, code, message)
  }
}
