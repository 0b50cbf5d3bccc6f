import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/**
 * Where a start leaves what makes the next one shorter: compiled modules, and the template of an empty embedded
 * database. Nothing of an installation lies there, so it can be deleted at any time; undefined: nothing is kept.
 */
export const cacheDirectory = (
  env: Readonly<Record<string, string | undefined>>,
): string | undefined => {
  if (env.WRIT_CACHE_DIR === 'off') return undefined
  if (env.WRIT_CACHE_DIR) return resolve(env.WRIT_CACHE_DIR)
  // A relative one counts as absent (XDG Base Directory Specification).
  if (isAbsolute(env.XDG_CACHE_HOME ?? '')) return join(env.XDG_CACHE_HOME as string, 'writ')
  try {
    return join(homedir(), '.cache', 'writ')
  } catch {
    return undefined
  }
}
