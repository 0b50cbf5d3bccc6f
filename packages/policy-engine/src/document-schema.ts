import {
  ACTION_NAME,
  boundedMap,
  closed,
  DURATION,
  expression,
  HYPHENATED,
  IDENTIFIER,
  listOf,
  type Schema,
  SEMVER,
  text,
  VARIANT_ID,
} from './document-schema-parts.ts'
import { fieldSchemaDefinitions } from './field-schema.ts'

const id = { type: 'string', pattern: HYPHENATED }
const code = { type: 'string', pattern: '^[A-Z][A-Z0-9_]{0,63}$' }
const level = { enum: ['AL0', 'AL1', 'AL2', 'AL3'] }
const duration = { type: 'string', pattern: DURATION, maxLength: 40 }
const instant = { type: 'string', format: 'date-time', maxLength: 40 }
const identifier = { $ref: '#/$defs/identifier' }
const scalarType = { enum: ['bool', 'int', 'double', 'string', 'timestamp'] }

const guardrail = closed(['id', 'when', 'effect', 'code'], {
  id,
  when: expression,
  // Never approve: a guardrail can only stop.
  effect: { enum: ['deny', 'escalate', 'halt'] },
  code,
  message: text(500),
  path: id,
  sensitive: { type: 'boolean' },
  override: {
    if: { type: 'string' },
    // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema
    then: { const: 'never' },
    else: closed(['role', 'approvals'], {
      role: id,
      approvals: { type: 'integer', minimum: 2, maximum: 10 },
    }),
  },
  readsVariantParams: { type: 'boolean' },
})

const rule = closed(['id', 'when', 'outcome', 'code'], {
  id,
  when: expression,
  outcome: { enum: ['approve', 'deny', 'escalate'] },
  code,
  message: text(500),
  path: id,
  sensitive: { type: 'boolean' },
})

const rules = closed(['hit', 'default', 'list'], {
  hit: { enum: ['strictest', 'first', 'unique'] },
  // Approving by default would be failing open: write a rule that says when.
  default: closed(['outcome', 'code'], {
    outcome: { enum: ['deny', 'escalate'] },
    code,
    message: text(500),
    path: id,
  }),
  list: listOf(rule, 500),
})

const band = closed(['level', 'when'], {
  level: { enum: ['AL1', 'AL2', 'AL3'] },
  when: expression,
  vetoWindow: duration,
  limits: closed(['perDay'], {
    metric: { const: 'count' },
    perDay: { type: 'integer', minimum: 1, maximum: 1_000_000_000 },
    timezone: text(64),
  }),
})

const evidence = closed(['id', 'maxAge'], {
  id: identifier,
  description: text(500),
  requiredWhen: expression,
  maxAge: duration,
  onMissing: { enum: ['escalate', 'deny'] },
  path: id,
  values: boundedMap(identifier, scalarType, 50),
})

const action = closed(['request', 'rules', 'autonomy'], {
  description: text(500),
  effect: { enum: ['reversible', 'irreversible'] },
  request: { $ref: '#/$defs/objectField' },
  features: boundedMap(identifier, scalarType, 100),
  derive: listOf(
    closed(['id', 'type', 'expr'], {
      id: identifier,
      type: {
        enum: [...scalarType.enum, 'duration', 'list<int>', 'list<string>', 'list<double>'],
      },
      expr: expression,
    }),
    50,
  ),
  evidence: listOf(evidence, 20),
  guardrails: listOf(guardrail, 50),
  rules,
  autonomy: closed(['ceiling', 'bands'], { ceiling: level, bands: listOf(band, 3) }),
})

const param: Schema = closed(['type', 'value'], {
  type: { enum: ['int', 'double', 'bool', 'string', 'list<string>'] },
  description: text(500),
  value: true,
  min: { type: 'number' },
  max: { type: 'number' },
  enum: { ...listOf(text(200), 200), minItems: 1, uniqueItems: true },
})

const stage = closed(['roles', 'within'], {
  roles: { ...listOf(id, 20), minItems: 1, uniqueItems: true },
  quorum: { type: 'integer', minimum: 1, maximum: 20 },
  within: duration,
})

const test = closed(['name', 'at', 'request', 'expect'], {
  name: text(120),
  at: instant,
  action: { type: 'string', pattern: ACTION_NAME },
  variant: { type: 'string', pattern: VARIANT_ID },
  subject: closed(['type', 'id'], { type: text(63), id: text(256) }),
  request: { type: 'object' },
  features: { type: 'object' },
  evidence: {
    type: 'object',
    additionalProperties: closed(['at'], { at: instant, values: { type: 'object' } }),
  },
  ceiling: level,
  expect: closed(['outcome'], {
    outcome: { enum: ['approved', 'denied', 'escalated', 'held', 'blocked'] },
    level,
    codes: listOf(code, 100),
  }),
})

/** The closed JSON Schema (2020-12) of a policy document. What it cannot say, `loadPolicy` checks afterwards. */
export const policyDocumentSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Writ policy document',
  ...closed(['policy', 'version', 'domain', 'actions'], {
    policy: { type: 'string', pattern: '^[a-z][a-z0-9-]{2,62}$' },
    version: { type: 'string', pattern: SEMVER },
    domain: { type: 'string', pattern: ACTION_NAME, maxLength: 63 },
    description: text(2000),
    card: closed(['owner', 'purpose', 'riskTier', 'nextReview', 'limitations'], {
      owner: text(200),
      purpose: text(1000),
      riskTier: { enum: ['low', 'medium', 'high'] },
      nextReview: { type: 'string', format: 'date' },
      limitations: listOf(text(500), 20),
    }),
    actions: {
      ...boundedMap({ type: 'string', pattern: ACTION_NAME }, action, 50),
      minProperties: 1,
    },
    params: boundedMap(identifier, param, 100),
    variants: closed(['unit', 'list'], {
      unit: { const: 'subject.id' },
      list: {
        ...listOf(
          closed(['id'], {
            id: { type: 'string', pattern: VARIANT_ID },
            params: { type: 'object', minProperties: 1, propertyNames: { pattern: IDENTIFIER } },
          }),
          20,
        ),
        minItems: 1,
      },
    }),
    escalation: closed(['paths'], {
      paths: boundedMap(id, { ...listOf(stage, 5), minItems: 1 }, 10),
      onTimeout: { enum: ['deny', 'next'] },
      exclude: listOf(id, 10),
    }),
    reward: listOf(
      closed(['metric', 'success', 'window', 'silence'], {
        metric: identifier,
        success: expression,
        window: duration,
        silence: { enum: ['failure', 'none'] },
      }),
      20,
    ),
    assist: closed(['may'], {
      may: {
        ...listOf({ enum: ['escalate', 'deny', 'lower-level', 'request-evidence'] }, 4),
        uniqueItems: true,
      },
      models: listOf(text(100), 20),
      onError: { enum: ['ignore', 'escalate'] },
      // The model is asked after the deterministic result exists; 1,500 ms is the budget of the whole step.
      timeoutMs: { type: 'integer', minimum: 1, maximum: 1500 },
      instructions: text(4000),
    }),
    tests: listOf(test, 500),
  }),
  $defs: fieldSchemaDefinitions,
}
