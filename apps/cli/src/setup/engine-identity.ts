import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { EngineIdentity } from '@writ/domain'
import { labelledBytes, sha256Hex } from '@writ/kernel'
import { ENGINE } from '@writ/policy-engine'

/**
 * Which engine judges: its version, a digest over its own sources, and the time zone data that `getHours` reads. A
 * decision re-run by another one is reported as `engine-changed`, never as a difference. What explains and checks
 * policies lies in folders of its own and decides nothing, so it is left out, as are tests and their fixtures.
 */
export const engineIdentity = (): EngineIdentity => ({
  ...ENGINE,
  source: `sha256:${sourceDigest()}`,
  tzdata: process.versions.tz ?? 'unknown',
})

const sourceDigest = (): string => {
  const folder = new URL('.', import.meta.resolve('@writ/policy-engine'))
  const files = readdirSync(fileURLToPath(folder))
    .filter((file) => file.endsWith('.ts') && !/\.(?:test|fixture)\.ts$/.test(file))
    .sort()
  const parts = files.flatMap((file) => [file, readFileSync(new URL(file, folder))])
  return sha256Hex(labelledBytes('writ/v1/engine-source', parts))
}
