import type { LoadedPolicy } from './loaded-policy.ts'
import type { FieldSchema } from './policy-document.ts'

/** JSON Pointers, in the request, of every field marked personal. Empty for an unknown action. */
export const personalPointers = (policy: LoadedPolicy, action: string): readonly string[] =>
  policy.actions.get(action)?.personalPointers ?? []

/** The JSON Schema of an action's request, as the document has it. */
export const requestSchemaOf = (policy: LoadedPolicy, action: string): FieldSchema | null =>
  policy.actions.get(action)?.document.request ?? null

/** Ids of the variants, in the order of the file; empty where the policy has none. */
export const variantsOf = (policy: LoadedPolicy): readonly string[] =>
  policy.document.variants?.list.map(({ id }) => id) ?? []

/** The variant without an overlay, which the others are compared with; null where the policy has none. */
export const controlVariantOf = (policy: LoadedPolicy): string | null =>
  policy.document.variants?.list.find(({ params }) => params === undefined)?.id ?? null

/** Which engine decided: recorded with every decision, so that replay knows what it compares with. */
export const ENGINE = { name: 'writ-policy-engine', version: '1.0.0' } as const
