import { builtinModules } from 'node:module'
import { describe, expect, it } from 'vitest'
import { importsOf, isRelative, packageNameOf } from './support/imports.ts'
import {
  isTest,
  type Package,
  packageOf,
  packages,
  resolved,
  type SourceFile,
  sourceFiles,
} from './support/repository.ts'

/**
 * Who may import whom: ours only, by name without `@writ/`. A package without a line may import nothing of ours, and a
 * line without a package is out of date. `apps` compose, so they may name what stands behind the ports.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  contracts: ['kernel'],
  'policy-engine': ['kernel'],
  // The decision decider is the policy engine asked with pinned inputs; both are pure.
  domain: ['kernel', 'policy-engine'],
  'event-log': ['kernel'],
  access: ['kernel'],
  privacy: ['kernel'],
  database: ['kernel'],
  observability: ['kernel'],
  learning: ['kernel'],
  commands: ['kernel', 'domain', 'policy-engine', 'learning', 'event-log', 'access', 'privacy'],
  api: [
    ...['kernel', 'commands', 'contracts', 'access', 'event-log', 'domain', 'observability'],
    ...['projector', 'projections'],
  ],
  projector: ['kernel', 'event-log'],
  worker: ['kernel', 'event-log', 'observability', 'projector'],
  cli: [
    ...['kernel', 'api', 'worker', 'commands', 'contracts', 'domain', 'policy-engine'],
    ...['event-log', 'access', 'privacy', 'database', 'observability', 'projector', 'projections'],
  ],
}

/** What every projection may import; of the domain event types and how their old shapes are read, never a decider. */
const PROJECTION_ARROWS = ['kernel', 'event-log', 'domain', 'projector', 'policy-engine']
const DECIDERS = /\b(?:decide[A-Z]\w*|judge)\b|\.decider\.ts/

const ours = (name: string): string | undefined =>
  name.startsWith('@writ/') ? name.slice('@writ/'.length) : undefined

const mayImport = ({ name, folder }: Package): readonly string[] =>
  /^projections\b/.test(folder) ? PROJECTION_ARROWS : (ARROWS[ours(name) ?? ''] ?? [])

/** Every breach of the arrows in these files, as a sentence each. */
const breaches = (files: readonly SourceFile[], all: readonly Package[]): readonly string[] =>
  files.flatMap((file) => {
    const own = packageOf(file.path, all)
    return importsOf(file).flatMap(({ specifier, statement }) => {
      if (isRelative(specifier)) return leavesPackage(file, specifier, own)
      const name = packageNameOf(specifier)
      const target = ours(name)
      const found: string[] = []
      if (target !== undefined && !isTest(file.path) && !mayImport(own).includes(target)) {
        found.push(`${file.path} imports ${name}; ${own.name} may not`)
      }
      if (target !== undefined && specifier !== name) {
        found.push(`${file.path} imports ${specifier}: only what ${name} exports`)
      }
      if (/^projections\b/.test(own.folder) && DECIDERS.test(statement)) {
        found.push(`${file.path} imports a decider`)
      }
      return [...found, ...unlisted(file, name, { own, all })]
    })
  })

/** Tests may reach for the test support and for histories told elsewhere; nobody else leaves its package by a path. */
const leavesPackage = (file: SourceFile, specifier: string, own: Package): readonly string[] => {
  const target = resolved(file.path, specifier)
  const isOwn = own.folder === '' || target.startsWith(`${own.folder}/`)
  const isSupport =
    isTest(file.path) && (target.startsWith('test/support/') || target.endsWith('.fixture.ts'))
  return isOwn || isSupport ? [] : [`${file.path} leaves its package by ${specifier}`]
}

const BUILT_IN = new Set(builtinModules)

const unlisted = (
  file: SourceFile,
  name: string,
  { own, all }: { readonly own: Package; readonly all: readonly Package[] },
): readonly string[] => {
  if (name.startsWith('node:') || BUILT_IN.has(name) || name === own.name) return []
  const root = all.find(({ folder }) => folder === '') as Package
  const listed = isTest(file.path)
    ? { ...root.devDependencies, ...own.dependencies, ...own.devDependencies }
    : own.dependencies
  return name in listed ? [] : [`${file.path} imports ${name}, which ${own.name} does not list`]
}

const ALL = packages()
const FILES = sourceFiles()

describe('imports', () => {
  it('follow the arrows, and packages list what they import', () => {
    expect(FILES.length).toBeGreaterThan(100)
    expect(breaches(FILES, ALL)).toEqual([])
  })

  it('are allowed by a line for each package, and by no line for none', () => {
    const named = ALL.flatMap(({ name, folder }) =>
      /^(?:apps|packages)\//.test(folder) ? [ours(name)] : [],
    )
    expect(Object.keys(ARROWS).sort()).toEqual(named.sort())
  })

  it('name an adapter or the database in apps and tests only', () => {
    for (const [name, targets] of Object.entries(ARROWS)) {
      const isApp = ALL.some((one) => one.folder === `apps/${name}`)
      if (!isApp) expect([name, targets]).not.toEqual([name, expect.arrayContaining(['database'])])
      if (!isApp) expect([name, targets]).not.toEqual([name, expect.arrayContaining(['adapters'])])
    }
  })

  it('of packages make no cycle, in the code and in what package.json lists', () => {
    const listed = new Map(
      ALL.map(({ name, dependencies }) => [name, Object.keys(dependencies).filter(ours)]),
    )
    const imported = new Map<string, string[]>()
    for (const file of FILES.filter(({ path }) => !isTest(path))) {
      const own = packageOf(file.path, ALL).name
      const names = importsOf(file).map(({ specifier }) => packageNameOf(specifier))
      imported.set(own, [...(imported.get(own) ?? []), ...names.filter(ours)])
    }
    expect(cycleIn(listed)).toBeUndefined()
    expect(cycleIn(imported)).toBeUndefined()
  })

  it('of files inside a package make no cycle that runs at load time', () => {
    const graph = new Map(
      FILES.map((file) => [
        file.path,
        importsOf(file)
          .filter(({ specifier, statement }) => isRelative(specifier) && !isTypeOnly(statement))
          .map(({ specifier }) => resolved(file.path, specifier)),
      ]),
    )
    expect(cycleIn(graph)).toBeUndefined()
  })
})

const isTypeOnly = (statement: string): boolean =>
  /^(?:import|export) type /.test(statement) || statement.startsWith('import(')

/** One cycle as a path, or nothing. */
const cycleIn = (graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined => {
  const done = new Set<string>()
  const walk = (node: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return undefined
    for (const next of graph.get(node) ?? []) {
      const cycle = walk(next, [...path, node])
      if (cycle !== undefined) return cycle
    }
    done.add(node)
    return undefined
  }
  for (const node of graph.keys()) {
    const cycle = walk(node, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

describe('the check of imports', () => {
  const planted = (path: string, text: string): readonly string[] =>
    breaches(
      [{ path, text }],
      [
        ...ALL,
        {
          name: '@writ/planted',
          folder: 'projections/planted',
          dependencies: { '@writ/domain': '*', '@writ/commands': '*' },
          devDependencies: {},
          entries: [],
        },
      ],
    )

  it.each([
    ['a value of a package above', 'packages/kernel/src/x.ts', "import { must } from '@writ/cli'"],
    [
      'a type of a package above',
      'packages/domain/src/x.ts',
      "import type { Deps } from '@writ/commands'",
    ],
    [
      'the database from the commands',
      'packages/commands/src/x.ts',
      "import { OWNER } from '@writ/database'",
    ],
    [
      'a re-export of a package above',
      'packages/domain/src/x.ts',
      "export { EventLog } from '@writ/event-log'",
    ],
    [
      'a dynamic import of a package above',
      'packages/kernel/src/x.ts',
      "await import('@writ/domain')",
    ],
    ['a type query', 'packages/kernel/src/x.ts', "type T = import('@writ/domain').X"],
    ['a deep import', 'apps/cli/src/x.ts', "import { x } from '@writ/kernel/src/uuid.ts'"],
    [
      'a path out of the package',
      'packages/domain/src/x.ts',
      "import { x } from '../../kernel/src/uuid.ts'",
    ],
    ['a dependency that is not listed', 'packages/kernel/src/x.ts', "import pg from 'pg'"],
    [
      'a decider in a projection',
      'projections/planted/src/x.ts',
      "import { decideOutcome } from '@writ/domain'",
    ],
    [
      'the commands in a projection',
      'projections/planted/src/x.ts',
      "import type { Deps } from '@writ/commands'",
    ],
  ])('finds %s', (_, path, text) => {
    expect(planted(path, text)).not.toEqual([])
  })

  it.each([
    [
      'packages/domain/src/x.ts',
      "import { Problem } from '@writ/kernel'\nimport { hash } from 'node:crypto'",
    ],
    ['projections/planted/src/x.ts', "import type { DecisionMade } from '@writ/domain'"],
    ['packages/domain/src/x.test.ts', "import { it } from 'vitest'"],
    [
      'packages/domain/src/x.ts',
      "// import { x } from '@writ/cli'\nconst text = \"from '@writ/cli'\"",
    ],
  ])('lets pass what is allowed in %s', (path, text) => {
    expect(planted(path, text)).toEqual([])
  })

  it('finds a cycle of three', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['a']],
    ])
    expect(cycleIn(graph)).toEqual(['a', 'b', 'c', 'a'])
    expect(
      cycleIn(
        new Map([
          ['a', ['b', 'c']],
          ['b', ['c']],
        ]),
      ),
    ).toBeUndefined()
  })
})
