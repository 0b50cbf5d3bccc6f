export {
  installPolicy,
  installShippedPolicies,
  must,
  openLedger,
  openLedgers,
  preparePartitions,
  shippedPolicy,
} from './setup/bootstrap.ts'
export { committedSchema, comparableSchema, SCHEMA_SNAPSHOT } from './setup/committed-schema.ts'
export { BadConfig, type Config, readConfig } from './setup/config.ts'
export { issueKey, revokeKey } from './setup/issue-key.ts'
export { openAsOwner, openDatabase } from './setup/open-database.ts'
export { buildRuntime, localOperator, type Runtime, systemOperator } from './setup/runtime.ts'
