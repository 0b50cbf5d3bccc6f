import { stripTypeScriptTypes } from 'node:module'
import { describe, expect, it } from 'vitest'
import { importsOf } from './support/imports.ts'
import { isTest, type SourceFile, sourceFiles } from './support/repository.ts'
import { scrubbed } from './support/scrub.ts'

/** No clock, no randomness, no environment, no waiting: the same inputs give the same result for ever. */
const PURE = [
  'packages/kernel/',
  'packages/domain/',
  'packages/policy-engine/',
  'packages/learning/',
]

/** Computing only; whatever reaches a disk, a socket or a clock is not here. */
const BUILT_INS_ALLOWED = new Set(['node:buffer', 'node:crypto'])

/** A key before a colon is data (`{ async: false }`), not a keyword. */
const IMPURE: readonly (readonly [string, RegExp])[] = [
  ['Date.now', /\bDate\s*\.\s*now\b/],
  ['new Date() without a time', /\bnew\s+Date\s*(?:\(\s*\)|(?!\s*\())/],
  ['Date() without new', /(?<!new\s+)\bDate\s*\(/],
  ['Math.random', /\bMath\s*\.\s*random\b/],
  ['process', /\bprocess\s*[.[]/],
  ['async', /\basync\b(?!\s*:)/],
  ['await', /\bawait\b(?!\s*:)/],
  ['Promise', /\bPromise\b/],
  ['a timer', /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|performance)\b/],
  ['random bytes', /\b(?:randomUUID|randomBytes|randomInt|getRandomValues)\b/],
  ['the network', /\bfetch\s*\(/],
]

const impurities = (file: SourceFile): readonly string[] => {
  // Types are gone before we look: a port of the kernel may speak of a Promise, its code may not make one.
  const code = scrubbed(stripTypeScriptTypes(file.text, { mode: 'strip' }))
  const words = IMPURE.filter(([, pattern]) => pattern.test(code)).map(([name]) => name)
  const modules = importsOf(file)
    .map(({ specifier }) => specifier)
    .filter((name) => name.startsWith('node:') && !BUILT_INS_ALLOWED.has(name))
  return [...words, ...modules].map((what) => `${file.path}: ${what}`)
}

const FILES = sourceFiles().filter(
  ({ path }) => PURE.some((folder) => path.startsWith(folder)) && !isTest(path),
)

describe('the pure packages', () => {
  it('read no clock, draw nothing, wait for nothing and reach nothing outside', () => {
    expect(FILES.length).toBeGreaterThan(40)
    expect(FILES.flatMap(impurities)).toEqual([])
  })
})

describe('the check of purity', () => {
  const planted = (text: string): readonly string[] => impurities({ path: 'x.ts', text })

  it.each([
    'const now = Date.now()',
    'const now = new Date()',
    'const now = new Date',
    'const now = Date()',
    'const draw = Math.random()',
    'const home = process.env.HOME',
    'export const f = async () => 1',
    'export async function f() {}',
    'export const f = () => Promise.resolve(1)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a file
    'const text = `${Date.now()}`',
    "import { readFileSync } from 'node:fs'",
    'setTimeout(() => {}, 1)',
    'const id = crypto.randomUUID()',
  ])('finds %s', (text) => {
    expect(planted(text)).not.toEqual([])
  })

  it.each([
    'const at = new Date(ms)',
    'const day = Date.UTC(2026, 2, 1)',
    'const ms = Date.parse(text)',
    '// Date.now() and async are forbidden here',
    "const text = 'await Math.random()'",
    'const pattern = /Date.now/',
    'const options = { async: false }',
    'export interface Port { query(): Promise<void> }',
    "import { hash } from 'node:crypto'",
  ])('lets pass %s', (text) => {
    expect(planted(text)).toEqual([])
  })
})
