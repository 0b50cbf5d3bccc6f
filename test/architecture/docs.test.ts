import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packages, ROOT, read, trackedFiles } from './support/repository.ts'

const TEXTS = /\.(?:ts|md|sql|ya?ml|json|py|sh|csv|toml)$|^dev$|^\.ci\/|^\.gitignore$/

const texts = (): readonly { readonly path: string; readonly text: string }[] =>
  trackedFiles()
    .filter((path) => TEXTS.test(path))
    .map((path) => ({ path, text: read(path) }))

const TRACKED = trackedFiles()
const PAGES = TRACKED.filter((path) => /^[A-Z]+\.md$|^docs\/.*\.md$/.test(path))

describe('decision records', () => {
  it('exist under every number that is cited', () => {
    const numbers = new Set(
      TRACKED.flatMap(
        (path) => /^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.slice(1, 2) ?? [],
      ),
    )
    const dead = texts().flatMap(({ path, text }) =>
      [...text.matchAll(/\bADR-(\d{4})\b/g)]
        .filter(([, number = '']) => !numbers.has(number))
        .map(([citation]) => `${path} cites ${citation}, which is not in docs/adr`),
    )
    expect(numbers.size).toBeGreaterThan(0)
    expect([...new Set(dead)]).toEqual([])
  })

  it('have a number each, and the parts that a record has', () => {
    const records = TRACKED.filter((path) => path.startsWith('docs/adr/'))
    const numbers = records.map((path) => path.slice('docs/adr/'.length).slice(0, 4))
    expect(new Set(numbers).size).toBe(numbers.length)
    const lacking = records.flatMap((path) =>
      ['Status', 'Context', 'Decision', 'Consequences', 'Check']
        .filter((part) => !new RegExp(`^(?:#+ |\\**|- )${part}\\b`, 'm').test(read(path)))
        .map((part) => `${path} lacks ${part}`),
    )
    expect(lacking).toEqual([])
  })
})

describe('pages', () => {
  it('link to what is there', () => {
    const broken = PAGES.flatMap((path) =>
      linksIn(read(path))
        .filter((link) => !resolves(path, link))
        .map((link) => `${path} links to ${link}, which is not there`),
    )
    expect(PAGES).toContain('README.md')
    expect(broken).toEqual([])
  })

  it('name files of the repository that are there', () => {
    const named = PAGES.flatMap((path) =>
      [
        ...read(path).matchAll(
          /`((?:apps|packages|migrations|examples|docs|test)\/[\w./-]*\w\.\w+)`/g,
        ),
      ].map(([, name = '']) => ({ path, name })),
    )
    const missing = named
      // NNNN stands for any number.
      .filter(({ name }) => !name.includes('NNNN') && !existsSync(join(ROOT, name)))
      .map(({ path, name }) => `${path} names ${name}, which is not there`)
    expect(missing).toEqual([])
  })
})

/** Targets of links to this repository, without those in code. */
const linksIn = (text: string): readonly string[] =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^(?:[a-z]+:|\/\/)/.test(target))

const withoutCode = (text: string): string =>
  text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')

const resolves = (page: string, link: string): boolean => {
  const [file = '', heading] = link.split('#')
  const target = file === '' ? page : join(dirname(page), file)
  if (!existsSync(join(ROOT, target))) return false
  return heading === undefined || headingsOf(read(target)).includes(heading)
}

/** As the usual renderers name them. */
const headingsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )

describe('docs/dependencies.md', () => {
  const lines = read('docs/dependencies.md')
    .split('\n')
    .flatMap(
      (line) => /^\| *`?(@?[a-z][^`|\s]*)`? *\| *([^|\s]+) *\| *(\S[^|]*)\|$/.exec(line) ?? [],
    )
  const rows = chunksOf4(lines).filter(([, name]) => name !== 'package')

  it('has one line with a reason for each dependency, and none for what is no dependency', () => {
    const used = new Set(
      packages().flatMap(({ dependencies, devDependencies }) =>
        Object.keys({ ...dependencies, ...devDependencies }).filter(
          (name) => !name.startsWith('@writ/'),
        ),
      ),
    )
    const listed = rows.map(([, name]) => name)
    expect({
      'has no line': [...used].filter((name) => !listed.includes(name)),
      'is no dependency': listed.filter((name) => !used.has(name as string)),
      'has two lines': listed.filter((name, i) => listed.indexOf(name) !== i),
    }).toEqual({ 'has no line': [], 'is no dependency': [], 'has two lines': [] })
  })

  it('states the version that is pinned, the same one everywhere and exactly', () => {
    const stated = new Map(rows.map(([, name, version]) => [name, version]))
    const wrong = packages().flatMap(({ folder, dependencies, devDependencies }) =>
      Object.entries({ ...dependencies, ...devDependencies })
        .filter(([name]) => !name.startsWith('@writ/'))
        .filter(([name, version]) => stated.get(name) !== version || !/^\d/.test(version))
        .map(([name, version]) => `${folder}/package.json has ${name} ${version}`),
    )
    expect(wrong).toEqual([])
  })
})

function chunksOf4(parts: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: parts.length / 4 }, (_, i) => parts.slice(i * 4, i * 4 + 4))
}

describe('no committed text', () => {
  /** Where checkouts and people’s files lie on a machine; what the system has everywhere may be named. */
  const EVERYWHERE = new Set(['/', '/tmp', '/var', '/usr', '/opt', '/srv', '/home', '/root'])
  const machinePaths = [ROOT, dirname(ROOT), homedir()]
    .filter((folder) => !EVERYWHERE.has(folder))
    .map((folder) => `${folder}/`)
  const PERSONAL_PATH = /(?<![\w.:/])\/(?:home|Users)\/[a-z][\w.-]*\//

  const findings = (path: string, text: string): readonly string[] => [
    ...machinePaths.filter((folder) => text.includes(folder)),
    ...(PERSONAL_PATH.exec(text) ?? []),
    // Whatever registry a machine installs from, only the public one may be named.
    ...[...text.matchAll(/https?:\/\/([\w.-]+)/g)]
      .map(([, host = '']) => host)
      .filter(
        (host) =>
          /registry|artifactory|nexus|verdaccio|mirror/.test(host) && host !== 'registry.npmjs.org',
      ),
    ...(path.endsWith('.npmrc') ? ['.npmrc'] : []),
  ]

  it('names a path of a machine or a registry other than the public one', () => {
    const found = texts().flatMap(({ path, text }) =>
      findings(path, text).map((what) => `${path} holds ${what}`),
    )
    expect(found).toEqual([])
  })

  it('is let pass that does, by this check', () => {
    const home = ['', 'home', 'ada', 'writ'].join('/')
    for (const bad of [
      `see ${ROOT}/README.md`,
      `cd ${home}/x`,
      ['https:/', 'registry.acme.test/x'].join('/'),
    ]) {
      expect(findings('a.md', bad)).not.toEqual([])
    }
    for (const good of [
      'https://example.org/home/ada/x',
      'https://registry.npmjs.org/pg',
      'see ./home/x/',
    ]) {
      expect(findings('a.md', good)).toEqual([])
    }
  })
})
