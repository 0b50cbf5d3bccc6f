import { readFileSync } from 'node:fs'
import { type DecisionInputs, judge } from '@writ/domain'
import { canonicalJson, type JsonObject, type JsonValue, Problem } from '@writ/kernel'
import { type LoadedPolicy, loadPolicy } from '@writ/policy-engine'
import type { ReplayItem } from './replay-page.ts'

export const ENGINE = {
  name: 'writ-policy-engine',
  version: '1.0.0',
  source: `sha256:${'0'.repeat(64)}`,
  tzdata: '2026a',
} as const
export const OTHER_ENGINE = { ...ENGINE, version: '0.9.0', source: `sha256:${'9'.repeat(64)}` }

export const AT = '2026-11-20T12:00:00.000Z'

export const FINANCE = readFileSync(
  new URL('../../../../examples/policies/finance-constitution-1.1.0.yaml', import.meta.url),
  'utf8',
)

export const loaded = (text: string): LoadedPolicy => {
  const policy = loadPolicy(text)
  if (policy instanceof Problem) throw new Error(JSON.stringify(policy))
  return policy
}

export const inputsOf = (
  policy: LoadedPolicy | null,
  request: JsonObject,
  more: Partial<DecisionInputs> = {},
): DecisionInputs => ({
  ...{ domain: 'finance', action: 'discount', request, at: AT },
  subject: { type: 'order', id: 'o-1' },
  control: { epoch: 0, counter: 3, systemCounter: 1, caps: [] },
  policy:
    policy === null ? null : { name: policy.name, version: policy.version, digest: policy.digest },
  variant: null,
  ...more,
})

/** The entry of a decision as the log stores it. */
export const itemOf = (
  policy: LoadedPolicy | null,
  inputs: DecisionInputs,
  {
    position = 2,
    engine = ENGINE,
    change = (data) => data,
    schema = 1,
  }: {
    readonly position?: number
    readonly engine?: typeof ENGINE | typeof OTHER_ENGINE
    readonly change?: (data: JsonObject) => JsonObject
    readonly schema?: number
  } = {},
): ReplayItem => {
  const id = `01a1f92c-0f77-7000-8000-${String(position).padStart(12, '0')}`
  const decided = judge(policy, inputs, { raw: inputs.request })
  const data = { inputs, decided, engine: { ...engine, ms: 1.25 } } as unknown as JsonObject
  const entry: Record<string, JsonValue> = {
    actor: { type: 'key', id: 'k-1' },
    ...{ correlationId: id, data: change(data), id, ledger: 'acme/main', occurredAt: AT, position },
    ...{ prev: 'a'.repeat(64), recordedAt: AT, revision: 1, schema, stream: `decision:${id}` },
    ...{ type: 'DecisionMade', v: 1 },
  }
  return { position, id, text: canonicalJson(entry) }
}
