import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Finished, newHome, onServer, runWrit, startWrit, writJson } from './support/writ.ts'

const BROKEN = fileURLToPath(
  new URL('../../packages/policy-engine/src/check/broken/', import.meta.url),
)
const SHIPPED = fileURLToPath(new URL('../../examples/policies/', import.meta.url))
const yamlIn = (folder: string) => readdirSync(folder).filter((file) => file.endsWith('.yaml'))
const EXPECTED: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(`${BROKEN}expected.json`, 'utf8'),
)

interface Report {
  readonly passed: boolean
  readonly gates: readonly {
    readonly gate: string
    readonly status: string
    readonly findings: readonly {
      readonly code: string
      readonly severity: string
      readonly line: number
      readonly column: number
    }[]
  }[]
}

const check = (...args: readonly string[]): Promise<Finished> =>
  runWrit(['policy', 'check', ...args], { WRIT_HOME: newHome() })

const found = ({ gates }: Report): readonly string[] =>
  gates
    .flatMap(({ findings }) => findings)
    .filter(({ severity }) => severity !== 'note')
    .map(({ code, line, column }) => `${code} ${line}:${column}`)

describe('writ policy check', () => {
  it('finds and names what is wrong with each broken policy, all files at once', async () => {
    const files = yamlIn(BROKEN).map((file) => `${BROKEN}${file}`)
    expect(files.length).toBeGreaterThanOrEqual(20)
    const [json, text] = await Promise.all([
      check(...files, '--strict', '--json'),
      check(...files, '--strict'),
    ])
    // Some of them cannot even be read.
    expect([json.code, text.code]).toEqual([2, 2])
    const { checked } = JSON.parse(json.stdout) as {
      checked: readonly (Report & { file: string })[]
    }
    expect(checked.map(({ file }) => file)).toEqual(files)
    for (const report of checked) {
      const expected = EXPECTED[report.file.slice(BROKEN.length)]
      expect([report.file, found(report)]).toEqual([report.file, expected])
      for (const each of expected ?? []) {
        const [code, place] = each.split(' ')
        expect(text.stdout).toContain(`${code}  ${report.file}:${place}`)
      }
    }
  })

  it.each([
    ['unreadable', 2],
    ['misspelt', 1],
  ])('ends with its code for one that is %s: %i', async (kind, code) => {
    const file = yamlIn(BROKEN).find((one) => one.startsWith(kind))
    const { code: ended, stdout } = await check(`${BROKEN}${file}`, '--json')
    expect([ended, found(JSON.parse(stdout))]).toEqual([code, EXPECTED[file as string]])
  })

  it('finds the shipped ones clean', async () => {
    const { code, stdout } = await check(
      ...yamlIn(SHIPPED).map((file) => `${SHIPPED}${file}`),
      ...['--strict', '--json'],
    )
    const { checked } = JSON.parse(stdout) as { checked: readonly Report[] }
    expect(code).toBe(0)
    for (const report of checked) {
      expect([report.passed, found(report)]).toEqual([true, []])
      expect(report.gates.map(({ status }) => status)).toEqual(report.gates.map(() => 'passed'))
    }
  })

  it('lets warnings pass unless they are to fail', async () => {
    const file = `${BROKEN}bands-not-nested.yaml`
    expect((await check(file)).code).toBe(0)
    expect((await check(file, '--strict')).code).toBe(1)
  })

  it('shows the line and a caret below it, and says why gates were skipped', async () => {
    const { stdout } = await check(`${BROKEN}misspelt-field.yaml`)
    expect(stdout).toContain('no such field: dasy; did you mean request.days?')
    const lines = stdout.split('\n')
    const shown = lines.findIndex((line) => line.includes('| ') && line.includes('request.dasy'))
    expect(lines[shown + 1]?.indexOf('^')).toBe(lines[shown]?.indexOf('dasy'))
    expect(stdout).toMatch(/skipped {2}probes {4}the policy does not load/)
  })

  it('compares two files', async () => {
    const [before, after] = ['1.0.0', '1.1.0'].map(
      (version) => `${SHIPPED}finance-constitution-${version}.yaml`,
    ) as [string, string]
    const { code, stdout } = await runWrit(['policy', 'diff', before, after], {
      WRIT_HOME: newHome(),
    })
    expect([code, stdout]).toEqual([0, expect.stringMatching(/added variant B[\s\S]*level-up/)])
  })
})

describeOnServer('a check against what is published', () => {
  it('includes the difference, on the command line and over HTTP', async () => {
    const environment = await onServer()
    const writ = await startWrit(environment)
    const file = `${SHIPPED}finance-constitution-1.0.0.yaml`
    const report = await writJson<Report & { diff: { before: object; semantic: object } }>(
      ['policy', 'check', file, '--against', 'finance-constitution@1.1.0'],
      environment,
    )
    expect(report.diff.before).toMatchObject({ version: '1.1.0' })
    // 1.0.0 is what a fresh installation decides by.
    const source = readFileSync(`${SHIPPED}finance-constitution-1.1.0.yaml`, 'utf8')
    const validated = await writ.client().post('/policies/validate', { source })
    expect([validated.status, validated.json()]).toEqual([
      200,
      expect.objectContaining({
        valid: true,
        passed: true,
        name: 'finance-constitution',
        diff: expect.objectContaining({
          before: expect.objectContaining({ version: '1.0.0' }),
          loosening: [],
        }),
      }),
    ])
    const diff = await writ.client().get('/policies/finance-constitution/1.0.0/diff/1.1.0')
    expect(diff.json()).toMatchObject({
      before: { version: '1.0.0' },
      after: { version: '1.1.0' },
      structural: [{ change: 'added', kind: 'variant', id: 'A' }, { id: 'B' }],
    })
    const unknown = await writ.client().get('/policies/finance-constitution/1.0.0/diff/9.9.9')
    expect([unknown.status, unknown.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'policy-not-found' }),
    ])
  })
})
