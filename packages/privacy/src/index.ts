export { type SealedToJudge, sealedJudge } from './sealed-judge.ts'
export {
  judgeValue,
  openValue,
  type Sealed,
  type SealedPlace,
  type SubjectKey,
  sealValue,
} from './sealing.ts'
export { type Secrets, tenantSecret } from './secrets.ts'
export {
  KEY_CACHE_MS,
  type KnownSubject,
  NON_PERSONAL_KINDS,
  SubjectVault,
  type SubjectVaultDeps,
} from './subject-vault.ts'
