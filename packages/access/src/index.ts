export {
  ACTOR_KINDS,
  type ActorKind,
  type ApiKey,
  type IssueKey,
  type KeyHolder,
} from './api-key.ts'
export { type ApiKeys, type ApiKeysOptions, apiKeys } from './api-keys.ts'
export { KEY_NAME_CHARS_MAX, KEY_SCOPES_MAX } from './issue-rules.ts'
