import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

/** Paths from the root of every file that is, or would be, committed. */
export const trackedFiles = (): readonly string[] =>
  (listedByGit() ?? walked('')).filter((path) => existsSync(join(ROOT, path))).sort()

const listedByGit = (): readonly string[] | undefined => {
  const options = ['-z', '--cached', '--others', '--exclude-standard']
  const { status, stdout } = spawnSync('git', ['ls-files', ...options], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  return status === 0 ? stdout.split('\0').filter((path) => path !== '') : undefined
}

/** What .gitignore names, by the word. */
const IGNORED = /^(?:\.git|node_modules|\.writ|dist|coverage|\.cache)$|\.(?:tsbuildinfo|log)$/

/** In an unpacked archive there is no git to ask. */
const walked = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => !IGNORED.test(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? walked(path) : [path]
    })

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

export interface SourceFile {
  /** From the root. */
  readonly path: string
  readonly text: string
}

/** Every TypeScript file of ours. */
export const sourceFiles = (): readonly SourceFile[] =>
  trackedFiles()
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, text: read(path) }))

/** Tests and what only tests use. */
export const isTest = (path: string): boolean =>
  path.startsWith('test/') ||
  path === 'vitest.config.ts' ||
  /\.test\.ts$|\.fixture\.ts$|\/testing\//.test(path)

export interface Package {
  readonly name: string
  /** From the root; empty for the root itself. */
  readonly folder: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  /** Paths from the root that its `exports` name. */
  readonly entries: readonly string[]
}

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string>>
}

export const packages = (): readonly Package[] =>
  trackedFiles()
    .filter((path) => path === 'package.json' || path.endsWith('/package.json'))
    .map((path) => {
      const manifest = JSON.parse(read(path)) as Manifest
      const folder = path === 'package.json' ? '' : dirname(path)
      return {
        name: manifest.name,
        folder,
        dependencies: manifest.dependencies ?? {},
        devDependencies: manifest.devDependencies ?? {},
        entries: Object.values(manifest.exports ?? {}).map((entry) => join(folder, entry)),
      }
    })

/** The package that a file belongs to. */
export const packageOf = (path: string, all: readonly Package[]): Package => {
  const owners = all.filter(({ folder }) => folder === '' || path.startsWith(`${folder}/`))
  return owners.reduce((best, next) => (next.folder.length > best.folder.length ? next : best))
}

/** What a relative specifier in a file names, from the root. */
export const resolved = (from: string, specifier: string): string =>
  relative(ROOT, join(ROOT, dirname(from), specifier))
