import { PolicyJson, type PolicySource, PolicyYaml } from '@writ/contracts'
import { canonicalJson, type JsonValue } from '@writ/kernel'

export const YAML_TYPES = [
  'application/yaml',
  'application/x-yaml',
  'text/yaml',
  'text/x-yaml',
] as const

/** A policy travels as YAML, as YAML inside JSON, or as a JSON document. */
export const POLICY_BODY = {
  content: {
    ...Object.fromEntries(YAML_TYPES.map((type) => [type, { schema: PolicyYaml }])),
    'application/json': { schema: PolicyJson },
  },
}

/** The text to publish. JSON is YAML, so one reader takes all three; `source` alone marks text inside JSON. */
export const policyText = (body: unknown): string => {
  if (typeof body === 'string') return body
  const keys = Object.keys(body as object)
  if (keys.length === 1 && keys[0] === 'source') return (body as PolicySource).source
  return canonicalJson(body as JsonValue)
}
