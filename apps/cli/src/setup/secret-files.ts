import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Secrets } from '@writ/privacy'
import { BadConfig, type Config } from './config.ts'

/** The installation's secrets: from the environment, else (development only) from files made at the first start. */
export const loadSecrets = (config: Config): Secrets => ({
  masterKey: config.masterKey ?? fromFile(config, 'master.key', 'WRIT_MASTER_KEY'),
  serverSecret: config.serverSecret ?? fromFile(config, 'server.secret', 'WRIT_SERVER_SECRET'),
})

const fromFile = (config: Config, file: string, variable: string): Uint8Array => {
  const path = join(config.home, file)
  mkdirSync(config.home, { recursive: true, mode: 0o700 })
  try {
    // Exclusive: of two first starts one writes, the other reads what it wrote.
    writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'EEXIST') throw fault
  }
  const bytes = Buffer.from(readFileSync(path, 'utf8'), 'base64')
  if (bytes.length !== 32)
    throw new BadConfig([`${path} must hold 32 bytes in base64; or set ${variable}`])
  return bytes
}
