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
  it.each(yamlIn(BROKEN))('finds and names what is wrong with %s', async (file) => {
    const path = `${BROKEN}${file}`
    const [json, text] = await Promise.all([
      check(path, '--strict', '--json'),
      check(path, '--strict'),
    ])
    const report = JSON.parse(json.stdout) as Report
    expect(found(report)).toEqual(EXPECTED[file])
    const unreadable = report.gates.some(
      ({ gate, status }) => gate === 'readable' && status === 'failed',
    )
    expect([json.code, text.code]).toEqual(unreadable ? [2, 2] : [1, 1])
    for (const each of EXPECTED[file] ?? []) {
      const [code, place] = each.split(' ')
      expect(text.stdout).toContain(`${code}  ${path}:${place}`)
    }
  })

  it.each(yamlIn(SHIPPED))('finds %s clean', async (file) => {
    const { code, stdout } = await check(`${SHIPPED}${file}`, '--strict', '--json')
    const report = JSON.parse(stdout) as Report
    expect([code, report.passed, found(report)]).toEqual([0, true, []])
    expect(report.gates.map(({ status }) => status)).toEqual(report.gates.map(() => 'passed'))
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
