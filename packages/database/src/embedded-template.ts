import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib'

/** Raised when what lies in a template changes, so that an older one is left alone. */
const FORMAT = 1

/** Whoever writes for longer has died over it. Writing takes a tenth of a second. Unit: ms. */
const WRITING_MS_MAX = 60_000

/** A data directory in memory: paths below it, and what the files hold. */
interface Packed {
  readonly directories: readonly string[]
  readonly files: readonly (readonly [path: string, content: Uint8Array])[]
}

/**
 * An empty data directory of this PGlite, packed into one file of some 4 MB: creating one anew takes 2 to 3 s,
 * unpacking it some 0.3 s. It is taken before the first client, so it holds no data, no role of ours and no secret.
 *
 * The file is a convenience: missing, damaged, unwritable or not ours, the directory is created as if there were none.
 */
export const templatePath = (cache: string): string =>
  join(cache, `pglite-${pgliteVersion()}-${FORMAT}.zst`)

/** Puts the template's files below `dataDir`. False where there is none that can be used; a bad one is removed. */
export const unpackTemplate = (path: string, dataDir: string): boolean => {
  if (!isOurs(path)) return false
  try {
    // Cut short or changed: the checksum inside the compressed stream tells, before anything is written.
    const { directories, files } = deserialize(zstdDecompressSync(readFileSync(path))) as Packed
    for (const directory of ['', ...directories]) {
      mkdirSync(join(dataDir, directory), { recursive: true, mode: 0o700 })
    }
    for (const [file, content] of files) writeFileSync(join(dataDir, file), content)
    return true
  } catch {
    rmSync(dataDir, { recursive: true, force: true })
    rmSync(path, { force: true })
    return false
  }
}

/**
 * Keeps `dataDir` as the template. Its files are read before this returns, so that nobody has written to them yet; the
 * rest goes on beside the first commands. Never fails: without a template the next start takes longer, that is all.
 */
export const keepTemplate = (path: string, dataDir: string): void => {
  const part = `${path}.part`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    if (writerIsAtWork(part)) return
    const bytes = serialize(pack(dataDir))
    // Exclusive: of two first starts one writes.
    writeFileSync(part, '', { flag: 'wx', mode: 0o600 })
    const options = { params: { ...FAST, [constants.ZSTD_c_checksumFlag]: 1 } }
    zstdCompress(bytes, options, (fault, packed) => {
      try {
        if (fault !== null) throw fault
        writeFileSync(part, packed)
        // Whole or not at all, for whoever looks.
        renameSync(part, path)
      } catch {
        rmSync(part, { force: true })
      }
    })
  } catch {
    // A full disk, a directory that nobody may write to, somebody who was quicker.
  }
}

/** Level 1 takes 50 ms and 4.1 MB, level 19 takes 5 s and 1.6 MB. */
const FAST = { [constants.ZSTD_c_compressionLevel]: 1 }

const pack = (dataDir: string): Packed => {
  const entries = readdirSync(dataDir, { recursive: true, withFileTypes: true })
  const pathOf = (entry: (typeof entries)[number]): string =>
    relative(dataDir, join(entry.parentPath, entry.name))
  return {
    directories: entries.filter((entry) => entry.isDirectory()).map(pathOf),
    files: entries
      .filter((entry) => entry.isFile())
      .map((entry) => [pathOf(entry), readFileSync(join(entry.parentPath, entry.name))]),
  }
}

/** A template that somebody else may write could hold anything, functions that run among it. */
const isOurs = (path: string): boolean => {
  try {
    const { uid, mode } = statSync(path)
    return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
  } catch {
    return false
  }
}

const writerIsAtWork = (part: string): boolean => {
  const since = statSync(part, { throwIfNoEntry: false })?.mtimeMs
  if (since === undefined) return false
  if (Date.now() - since < WRITING_MS_MAX) return true
  rmSync(part, { force: true })
  return false
}

const pgliteVersion = (): string => {
  const manifest = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'))
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
