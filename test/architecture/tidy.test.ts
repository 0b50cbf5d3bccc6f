import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isTest, read, type SourceFile, sourceFiles, trackedFiles } from './support/repository.ts'
import { functionsIn, scrubbed } from './support/scrub.ts'

const FILE_LINES_MAX = 400
const FUNCTION_LINES_MAX = 70
const LINE_CHARS_MAX = 120

/** They say nothing of what is inside. */
const EMPTY_WORDS = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'manager',
  'service',
  'common',
  'misc',
])
const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)*\.ts$/

/** Put together here, so that this file does not break its own rules. */
const TO_DO = ['TO', 'DO'].join('')
const FIX_ME = ['FIX', 'ME'].join('')

/** `TODO(#12): sentence` or with the address. */
const BARE_TO_DO = new RegExp(`\\b${TO_DO}\\b(?!\\((?:#\\d+|https?://[^)]+)\\): \\S)`)

/** A text stays on one line, so that it can be searched for; the formatter does not break it either. */
const ONE_TEXT = /^\s*(?:return |[\w']+: |\? |: )?(['"`]).*\1[,)+ ]*$/

type Rule = (file: SourceFile) => boolean

/** Each says whether a file breaks it. */
const RULES = {
  'file over 400 lines': ({ text }) => text.trimEnd().split('\n').length > FILE_LINES_MAX,
  'function over 70 lines': (file) => functionsOver(file).length > 0,
  'line over 120 characters': ({ text }) =>
    text.split('\n').some((line) => [...line].length > LINE_CHARS_MAX && !ONE_TEXT.test(line)),
  'name that says nothing': ({ path }) =>
    basename(path)
      .split(/[.-]/)
      .some((word) => EMPTY_WORDS.has(word)),
  'name not in kebab case': ({ path }) => !KEBAB.test(basename(path)),
  'default export': ({ text }) => /\bexport\s+default\b/.test(scrubbed(text)),
  enum: ({ text }) => /\benum\s+[A-Za-z_]\w*\s*\{/.test(scrubbed(text)),
  namespace: ({ text }) => /\b(?:namespace|module)\s+[A-Za-z_][\w.]*\s*\{/.test(scrubbed(text)),
  'to-do without an issue': ({ text }) => BARE_TO_DO.test(text),
  'fix-me': ({ text }) => new RegExp(`\\b${FIX_ME}\\b`).test(text),
} as const satisfies Readonly<Record<string, Rule>>

/** A body that holds cases is a list of tests and may be as long as it has tests. */
const functionsOver = ({ path, text }: SourceFile): readonly string[] =>
  functionsIn(scrubbed(text))
    .filter(({ lines, body }) => {
      const holdsCases = isTest(path) && /\b(?:it|test)(?:\.\w+)*\s*[(<]/.test(body)
      return lines > FUNCTION_LINES_MAX && !holdsCases
    })
    .map(({ line, lines }) => `${path}:${line} has ${lines} lines`)

/** What broke a rule before the rule was there. Entries go, none come: the test fails on one that is not needed. */
const EXCEPTIONS: { readonly [rule in keyof typeof RULES]?: readonly string[] } = {
  'default export': ['vitest.config.ts'],
  'function over 70 lines': [
    'packages/policy-engine/src/document-schema.test.ts',
    'packages/policy-engine/src/trace.test.ts',
  ],
  'line over 120 characters': [
    'packages/contracts/src/limits.ts',
    'packages/database/src/database.ts',
    'packages/database/src/embedded-protocol.ts',
    'packages/database/src/embedded-session.ts',
    'packages/database/src/schema-snapshot.ts',
    'packages/database/src/transaction-guard.ts',
    'packages/event-log/src/commit-hint.ts',
    'packages/event-log/src/fair-queue.ts',
    'packages/event-log/src/group-committer.ts',
    'packages/kernel/src/canonical-json.ts',
    'packages/kernel/src/problem-codes.ts',
    'packages/policy-engine/src/duration.ts',
    'packages/policy-engine/src/load-policy.test.ts',
    'test/bench/layout.bench.ts',
    'test/bench/support/figure.ts',
    'test/bench/support/http-load.ts',
    'test/bench/support/insert-server.ts',
    'test/bench/support/layouts.ts',
    'test/bench/verify.bench.ts',
    'test/support/child-process.ts',
    'test/support/postgres-server.ts',
  ],
}

const FILES = sourceFiles()

describe('every TypeScript file', () => {
  it.each(Object.entries(RULES))('has no %s', (rule, breaks) => {
    expect(FILES.length).toBeGreaterThan(100)
    const broken = FILES.filter(breaks).map(({ path }) => path)
    const excepted = EXCEPTIONS[rule as keyof typeof RULES] ?? []
    const details = rule.startsWith('function') ? FILES.flatMap(functionsOver) : []
    expect({ broken: broken.filter((path) => !excepted.includes(path)), details }).toEqual({
      broken: [],
      details: details.filter((line) => excepted.some((path) => line.startsWith(`${path}:`))),
    })
    expect({ 'no longer needed': excepted.filter((path) => !broken.includes(path)) }).toEqual({
      'no longer needed': [],
    })
  })
})

describe('SQL, YAML and scripts', () => {
  it('hold no fix-me, and no to-do without an issue', () => {
    const files = trackedFiles().filter((path) =>
      /\.(?:sql|ya?ml|sh|json)$|^dev$|^\.ci\//.test(path),
    )
    expect(files.length).toBeGreaterThan(10)
    const broken = files.filter((path) => {
      const file = { path, text: read(path) }
      return RULES['to-do without an issue'](file) || RULES['fix-me'](file)
    })
    expect(broken).toEqual([])
  })
})

describe('the check of tidiness', () => {
  const long = (lines: number): string => 'x\n'.repeat(lines)
  const planted: readonly (readonly [keyof typeof RULES, SourceFile, SourceFile])[] = [
    ['file over 400 lines', file(long(401)), file(long(400))],
    [
      'function over 70 lines',
      file(`const f = () => {\n${long(69)}}`),
      file(`const f = () => {\n${long(68)}}`),
    ],
    [
      'function over 70 lines',
      file(`function f(a: { b: 1 }) {\n${long(69)}}`),
      file(`if (f(1)) {\n${long(69)}}`),
    ],
    [
      'function over 70 lines',
      file(`class A {\n  f() {\n${long(69)}  }\n}`),
      file(`class A {\n${long(80)}}`),
    ],
    [
      'function over 70 lines',
      file(`const f = () => {\n${long(69)}}`),
      file(`const t = \`() => {\n${long(69)}}\``),
    ],
    ['line over 120 characters', file('x'.repeat(121)), file('é'.repeat(120))],
    ['line over 120 characters', file(`// ${'x'.repeat(121)}`), file(`  '${'x'.repeat(121)}',`)],
    ['name that says nothing', file('', 'a/text-utils.ts'), file('', 'a/utility-bill.ts')],
    ['name not in kebab case', file('', 'a/someThing.ts'), file('', 'a/some-thing.db.test.ts')],
    ['default export', file('export default 1'), file("const text = 'export default'")],
    ['enum', file('export enum Level { A }'), file('// enum Level { A }')],
    ['namespace', file('export namespace A { }'), file('const namespace = { a: 1 }')],
    ['to-do without an issue', file(`// ${TO_DO}: later`), file(`// ${TO_DO}(#12): say why`)],
    ['fix-me', file(`// ${FIX_ME}`), file('// fixed')],
  ]

  it.each(planted)('finds a %s, and lets pass what is none', (rule, bad, good) => {
    expect(RULES[rule](bad)).toBe(true)
    expect(RULES[rule](good)).toBe(false)
  })

  function file(text: string, path = 'a/b.ts'): SourceFile {
    return { path, text }
  }
})
