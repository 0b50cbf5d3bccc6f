import type { JsonObject, JsonValue } from '@writ/kernel'
import type { AutonomyLevel, Outcome } from './words.ts'

/** The document as `policyDocumentSchema` admits it. */
export interface PolicyDocument {
  readonly policy: string
  readonly version: string
  readonly domain: string
  readonly description?: string
  /** Needed to activate, not to load. */
  readonly card?: PolicyCard
  readonly actions: Readonly<Record<string, ActionDocument>>
  readonly params?: Readonly<Record<string, ParamDocument>>
  readonly variants?: VariantsDocument
  readonly escalation?: EscalationDocument
  readonly reward?: readonly RewardDocument[]
  readonly assist?: AssistDocument
  readonly tests?: readonly TestDocument[]
}

export interface PolicyCard {
  readonly owner: string
  readonly purpose: string
  readonly riskTier: 'low' | 'medium' | 'high'
  readonly nextReview: string
  readonly limitations: readonly string[]
}

export interface ActionDocument {
  readonly description?: string
  readonly effect?: 'reversible' | 'irreversible'
  readonly request: FieldSchema
  readonly features?: Readonly<Record<string, ScalarType>>
  readonly derive?: readonly DeriveDocument[]
  readonly evidence?: readonly EvidenceDocument[]
  readonly guardrails?: readonly GuardrailDocument[]
  readonly rules: RulesDocument
  readonly autonomy: { readonly ceiling: AutonomyLevel; readonly bands: readonly BandDocument[] }
}

export type ScalarType = 'bool' | 'int' | 'double' | 'string' | 'timestamp'
export type DerivedType = ScalarType | 'duration' | 'list<int>' | 'list<string>' | 'list<double>'

export interface DeriveDocument {
  readonly id: string
  readonly type: DerivedType
  readonly expr: string
}

export interface EvidenceDocument {
  readonly id: string
  readonly description?: string
  /** CEL; absent = always. */
  readonly requiredWhen?: string
  readonly maxAge: string
  readonly onMissing?: 'escalate' | 'deny'
  readonly path?: string
  readonly values?: Readonly<Record<string, ScalarType>>
}

export interface GuardrailDocument {
  readonly id: string
  readonly when: string
  readonly effect: 'deny' | 'escalate' | 'halt'
  readonly code: string
  readonly message?: string
  readonly path?: string
  readonly sensitive?: boolean
  readonly override?: 'never' | { readonly role: string; readonly approvals: number }
  readonly readsVariantParams?: boolean
}

export interface RulesDocument {
  readonly hit: 'strictest' | 'first' | 'unique'
  readonly default: DefaultDocument
  readonly list: readonly RuleDocument[]
}

export interface DefaultDocument {
  readonly outcome: 'deny' | 'escalate'
  readonly code: string
  readonly message?: string
  readonly path?: string
}

export interface RuleDocument {
  readonly id: string
  readonly when: string
  readonly outcome: 'approve' | 'deny' | 'escalate'
  readonly code: string
  readonly message?: string
  readonly path?: string
  readonly sensitive?: boolean
}

export interface BandDocument {
  readonly level: Exclude<AutonomyLevel, 'AL0'>
  readonly when: string
  readonly vetoWindow?: string
  readonly limits?: LimitsDocument
}

export interface LimitsDocument {
  readonly metric?: 'count'
  readonly perDay: number
  readonly timezone?: string
}

export interface ParamDocument {
  readonly type: 'int' | 'double' | 'bool' | 'string' | 'list<string>'
  readonly description?: string
  readonly value: JsonValue
  readonly min?: number
  readonly max?: number
  readonly enum?: readonly string[]
}

export interface VariantsDocument {
  readonly unit: 'subject.id'
  readonly list: readonly { readonly id: string; readonly params?: JsonObject }[]
}

export interface EscalationDocument {
  readonly paths: Readonly<Record<string, readonly StageDocument[]>>
  readonly onTimeout?: 'deny' | 'next'
  readonly exclude?: readonly string[]
}

export interface StageDocument {
  readonly roles: readonly string[]
  readonly quorum?: number
  readonly within: string
}

export interface RewardDocument {
  readonly metric: string
  readonly success: string
  readonly window: string
  readonly silence: 'failure' | 'none'
}

export interface AssistDocument {
  readonly may: readonly ('escalate' | 'deny' | 'lower-level' | 'request-evidence')[]
  readonly models?: readonly string[]
  readonly onError?: 'ignore' | 'escalate'
  readonly timeoutMs?: number
  readonly instructions?: string
}

export interface TestDocument {
  readonly name: string
  readonly at: string
  /** May be left out where the policy has one action. */
  readonly action?: string
  readonly variant?: string
  readonly subject?: { readonly type: string; readonly id: string }
  readonly request: JsonObject
  readonly features?: JsonObject
  readonly evidence?: Readonly<
    Record<string, { readonly at: string; readonly values?: JsonObject }>
  >
  readonly ceiling?: AutonomyLevel
  readonly expect: {
    readonly outcome: Outcome
    readonly level?: AutonomyLevel
    readonly codes?: readonly string[]
  }
}

/** The subset of JSON Schema 2020-12 that describes a request. */
export interface FieldSchema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly title?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: false
  readonly items?: FieldSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly format?: string
  readonly enum?: readonly (string | number)[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly 'x-personal'?: boolean
  readonly 'x-actionable'?: boolean
  readonly 'x-subject'?: boolean | string
}
