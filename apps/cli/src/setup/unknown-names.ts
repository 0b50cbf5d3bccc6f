/**
 * Every variable of ours that anything reads: the list of docs/reference/configuration.md. A test holds it against the
 * sources.
 */
export const KNOWN_NAMES = [
  'WRIT_ANCHOR_FILE',
  'WRIT_API_KEY',
  'WRIT_CACHE_DIR',
  'WRIT_DRIFT',
  'WRIT_DRIFT_INTERVAL',
  'WRIT_HOME',
  'WRIT_HOST',
  'WRIT_LOG_LEVEL',
  'WRIT_MASTER_KEY',
  'WRIT_ORIGIN',
  'WRIT_PORT',
  'WRIT_PROFILE',
  'WRIT_SERVER_SECRET',
  'WRIT_TENANT',
] as const

/** Ours as well, but read by the test run and its set-up, which start servers of their own. */
const OF_THE_TESTS = 'WRIT_TEST_'

/** More letters wrong than this, and a guess would only mislead. `WRIT_ANCHORS` for `WRIT_ANCHOR_FILE` is five. */
const DISTANCE_MAX = 5

/** A sentence for each `WRIT_…` name that nothing reads, with the closest known name. Values are not looked at. */
export const unknownNames = (env: Readonly<Record<string, string | undefined>>): string[] =>
  Object.keys(env)
    // Names of variables know upper and lower case: `Writ_Port` is as lost as `WRIT_PROT`.
    .filter((name) => /^WRIT_/i.test(name) && !name.startsWith(OF_THE_TESTS))
    .filter((name) => !(KNOWN_NAMES as readonly string[]).includes(name))
    .sort()
    .map((name) => {
      const closest = closestTo(name.toUpperCase())
      return `${name} is not known${closest === undefined ? '' : `; did you mean ${closest}?`}`
    })

const closestTo = (name: string): string | undefined => {
  const [best] = KNOWN_NAMES.map((known) => ({ known, distance: distance(name, known) })).sort(
    (a, b) => a.distance - b.distance,
  )
  return best !== undefined && best.distance <= DISTANCE_MAX ? best.known : undefined
}

/** Letters to insert, leave out or replace (Levenshtein). */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = at(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, at(row, j) + 1, at(next, j - 1) + 1))
    }
    row = next
  }
  return at(row, to.length)
}

const at = (row: readonly number[], index: number): number => row[index] as number
