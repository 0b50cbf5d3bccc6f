import { expect, it } from 'vitest'
import { importsOf, isRelative } from './support/imports.ts'
import { packages, resolved, type SourceFile, sourceFiles } from './support/repository.ts'

/** Where a program, a test run or a package begins. */
const STARTS = /(?:^|\/)main\.ts$|\.test\.ts$|^vitest\.config\.ts$/

/** A file that runs as a process of its own, or that the test runner is pointed at, is named by a text. */
const NAMED_BY_TEXT = /['"`]([^'"`\s]*\.ts)['"`]/g

/** Files that nothing begins with and nothing leads to. */
const unreached = (files: readonly SourceFile[], entries: readonly string[]): readonly string[] => {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const open = files.map(({ path }) => path).filter((path) => STARTS.test(path))
  open.push(...entries)
  const reached = new Set<string>()
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = byPath.get(path)
    if (file === undefined || reached.has(path)) continue
    reached.add(path)
    open.push(...ledToBy(file))
  }
  return files.map(({ path }) => path).filter((path) => !reached.has(path))
}

const ledToBy = (file: SourceFile): readonly string[] => [
  ...importsOf(file)
    .filter(({ specifier }) => isRelative(specifier))
    .map(({ specifier }) => resolved(file.path, specifier)),
  ...[...file.text.matchAll(NAMED_BY_TEXT)].flatMap(([, name = '']) => [
    name,
    resolved(file.path, name),
  ]),
]

it('every file is reached from a program, a package’s exports or a test', () => {
  const entries = packages().flatMap((one) => one.entries)
  expect(entries.length).toBeGreaterThan(8)
  expect(unreached(sourceFiles(), entries)).toEqual([])
})

it('the check of dead files finds one, and follows imports, re-exports and named files', () => {
  const files = [
    { path: 'a/main.ts', text: "import { b } from './b.ts'\nexport const host = './spawned.ts'" },
    { path: 'a/b.ts', text: "export type { C } from './c.ts'" },
    { path: 'a/c.ts', text: 'export interface C {}' },
    { path: 'a/spawned.ts', text: 'export {}' },
    { path: 'a/dead.ts', text: "import './b.ts'" },
  ]
  expect(unreached(files, [])).toEqual(['a/dead.ts'])
  expect(unreached(files, ['a/dead.ts'])).toEqual([])
})
