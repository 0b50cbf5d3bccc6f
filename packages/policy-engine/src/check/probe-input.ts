import { type JsonObject, type JsonValue, pointerTokens } from '@writ/kernel'
import { bindRequest } from '../bind-request.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import type { TestDocument } from '../policy-document.ts'
import type { BoundRequest, DecideInput } from '../types.ts'
import type { ProbeField } from './probe-fields.ts'
import type { ProbeExample } from './report.ts'

/** What a probe decides: an input as JSON, varied by pointer. */
export interface ProbeInput {
  readonly request: JsonObject
  readonly at: string
  readonly subject: { readonly type: string; readonly id: string }
  readonly features: JsonObject
  readonly evidence: JsonObject
}

/** One step away from an input. */
export type Variation =
  | { readonly set: string; readonly value: JsonValue; readonly holders: ProbeField['holders'] }
  | { readonly remove: string }

export const TEST_SUBJECT = { type: 'test', id: 'test' } as const

export const inputOfTest = ({
  request,
  at,
  subject,
  features,
  evidence,
}: TestDocument): ProbeInput => ({
  request,
  at,
  subject: subject ?? TEST_SUBJECT,
  features: features ?? {},
  evidence: (evidence ?? {}) as unknown as JsonObject,
})

export const varied = (input: ProbeInput, variation: Variation): ProbeInput =>
  ('set' in variation
    ? withSet(input as unknown as JsonObject, '', pointerTokens(variation.set), variation)
    : withoutAt(
        input as unknown as JsonObject,
        pointerTokens(variation.remove),
      )) as unknown as ProbeInput

const withSet = (
  object: JsonObject,
  at: string,
  [name = '', ...rest]: readonly string[],
  variation: Extract<Variation, { set: string }>,
): JsonObject => {
  if (rest.length === 0) return { ...object, [name]: variation.value }
  const pointer = `${at}/${name}`
  const made = variation.holders.find(([holder]) => holder === pointer)?.[1] ?? {}
  const inner = Object.hasOwn(object, name) ? object[name] : made
  return { ...object, [name]: withSet(inner as JsonObject, pointer, rest, variation) }
}

const withoutAt = (object: JsonObject, [name = '', ...rest]: readonly string[]): JsonObject => {
  if (!Object.hasOwn(object, name)) return object
  const { [name]: inner, ...others } = object
  if (rest.length === 0) return others
  return { ...object, [name]: withoutAt(inner as JsonObject, rest) }
}

/** Equal for equal inputs made in one way; a property put back in another place makes a second probe, no harm. */
export const keyOfInput = (input: ProbeInput): string => JSON.stringify(input)

/** The input as `decide` takes it. */
export const decideInput = (
  action: string,
  variant: string | null,
  { request, at, subject, features, evidence }: ProbeInput,
  bound?: BoundRequest,
): DecideInput => ({
  action,
  variant,
  request,
  ...(bound ? { bound } : {}),
  subject,
  at,
  features,
  evidence: evidence as unknown as NonNullable<DecideInput['evidence']>,
  ceilings: [],
})

/** A probe bound by the policy whose action decides it; null where it does not fit that policy's schema. */
export const boundBy = (
  policy: LoadedPolicy,
  action: string,
  { request }: ProbeInput,
): BoundRequest | null => {
  const bound = bindRequest(policy, action, request)
  return 'values' in bound ? bound : null
}

/** What a reader needs to see of an input. */
export const exampleOfInput = (
  policy: LoadedPolicy,
  action: string,
  variant: string | null,
  { request, at, subject, features, evidence }: ProbeInput,
): ProbeExample => {
  const document = policy.document.actions[action]
  const text = JSON.stringify(document ?? {})
  return {
    action,
    variant,
    request,
    ...(/\bnow\b/.test(text) ? { at } : {}),
    ...(/\bsubject\./.test(text) ? { subject } : {}),
    ...(document?.features ? { features } : {}),
    ...(document?.evidence ? { evidence } : {}),
  }
}
