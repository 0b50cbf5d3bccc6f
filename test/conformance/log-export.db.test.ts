import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import {
  type Anchor,
  anchorLine,
  exportLedger,
  type Verification,
  verifyExport,
} from '@writ/event-log'
import { parseStrictJson } from '@writ/kernel'
import fc from 'fast-check'
import { beforeAll, expect, inject, it } from 'vitest'
import { describeOnBothDatabases } from '../support/test-databases.ts'
import { codesOf, item, openTestLog, orders, type TestLog } from './support/test-log.ts'

const PROGRAM = join(import.meta.dirname, '../../examples/verify/verify_export.py')

interface Said {
  readonly code: number | null
  readonly text: string
}

describeOnBothDatabases('an export', (open) => {
  let folder: string
  let log: TestLog
  let text: string
  let anchor: Anchor
  beforeAll(async () => {
    folder = mkdtempSync(join(inject('testDatabases').scratch, 'export-'))
    log = await openTestLog((await open()).database)
    await log.append(orders(6))
    await log.append(randomValues())
    anchor = await log.anchor()
    text = await exported(log)
  })

  /** Data of every shape that the door lets in. */
  const randomValues = () =>
    fc
      .sample(fc.jsonValue(), { numRuns: 200, seed: 20260302 })
      .filter(passesDoor)
      .map((value) => item({ data: { value: JSON.parse(JSON.stringify(value)) } }))
  const passesDoor = (value: unknown): boolean => {
    try {
      parseStrictJson(JSON.stringify(value))
      return true
    } catch {
      return false
    }
  }
  const exported = async ({ reader, ledger }: TestLog): Promise<string> => {
    let all = ''
    for await (const lines of exportLedger(reader, ledger)) all += lines
    return all
  }

  /** The independent program in another language. */
  const python = (export_: string, anchors: readonly Anchor[] = [], ledger = log.ledger): Said => {
    const [file, anchorFile] = [join(folder, 'export.ndjson'), join(folder, 'anchors.ndjson')]
    writeFileSync(file, export_)
    writeFileSync(anchorFile, anchors.map(anchorLine).join(''))
    const run = spawnSync('python3', [PROGRAM, file, ledger, anchorFile], { encoding: 'utf8' })
    if (run.error !== undefined) throw run.error
    return { code: run.status, text: `${run.stdout}${run.stderr}`.trim() }
  }
  const ours = (export_: string, anchors: readonly Anchor[] = []): Promise<Verification> =>
    verifyExport(createInterface({ input: Readable.from([export_]) }), log.ledger, {
      anchors,
      now: () => performance.now(),
    })
  const altered = (change: (lines: string[]) => string[]): string =>
    change(text.split('\n').slice(0, -1))
      .map((line) => `${line}\n`)
      .join('')

  it('21: a program in another language finds the same head from the bytes alone', async () => {
    const verified = await log.verify([anchor])
    expect(verified.findings).toEqual([])
    expect(verified.entries).toBeGreaterThan(100)
    expect(python(text, [anchor])).toEqual({
      code: 0,
      text: `ok: ${verified.entries} entries, head ${verified.head}`,
    })
    expect(await ours(text, [anchor])).toMatchObject({
      findings: [],
      head: verified.head,
      anchoredTo: verified.entries,
    })
  })

  it('22: an altered byte breaks the next link, in both programs', async () => {
    const broken = altered((lines) => lines.with(3, (lines[3] as string).replace('1', '2')))
    expect(python(broken)).toMatchObject({ code: 4, text: expect.stringMatching(/position [45]:/) })
    expect((await ours(broken)).findingCount).toBeGreaterThan(0)
    const body = altered((lines) =>
      lines.with(3, (lines[3] as string).replace('"data":{"no":3}', '"data":{"no":4}')),
    )
    expect(python(body).text).toContain('position 5: CHAIN_LINK')
    expect(codesOf(await ours(body))).toEqual(['CHAIN_LINK 5'])
  })

  it('23: a swapped, a missing and a doubled line are found, in both programs', async () => {
    const changes: Readonly<Record<string, (lines: string[]) => string[]>> = {
      swapped: (lines) => lines.with(3, lines[4] as string).with(4, lines[3] as string),
      missing: (lines) => lines.toSpliced(3, 1),
      doubled: (lines) => lines.toSpliced(3, 0, lines[2] as string),
    }
    for (const change of Object.values(changes)) {
      const broken = altered(change)
      expect(python(broken)).toMatchObject({ code: 4, text: expect.stringContaining('SEQ_GAP') })
      expect(codesOf(await ours(broken))[0]).toMatch(/^SEQ_GAP [345]$/)
    }
  })

  it('23: a cut tail is found by the anchor, in both programs', async () => {
    const cut = altered((lines) => lines.slice(0, -1))
    expect(python(cut).code).toBe(0)
    expect((await ours(cut)).findingCount).toBe(0)
    const size = anchor.size - 1
    expect(python(cut, [anchor])).toEqual({
      code: 4,
      text: `broken: position ${size}: SIZE_REGRESSION: an anchor has size ${anchor.size}`,
    })
    expect(codesOf(await ours(cut, [anchor]))).toEqual([`SIZE_REGRESSION ${size}`])
  })

  it('23: another root, another ledger and a line cut short are found, in both programs', async () => {
    const false_ = { ...anchor, root: '0'.repeat(64) }
    expect(python(text, [false_]).text).toContain('ROOT_MISMATCH')
    expect(codesOf(await ours(text, [false_]))).toEqual([`ROOT_MISMATCH ${anchor.size}`])
    expect(python(text, [], 'acme/other' as never).text).toContain('position 1: SCHEMA')
    const torn = text.slice(0, -40)
    expect(python(torn).code).toBe(4)
    expect((await ours(torn)).findingCount).toBeGreaterThan(0)
    const empty = altered((lines) => lines.with(3, '{}'))
    expect(python(empty).text).toContain('position 4: SCHEMA')
    expect(codesOf(await ours(empty))[0]).toBe('SCHEMA 4')
  })

  it('22: text that is not canonical is found by the other program too', () => {
    const shapes: readonly (readonly [string, string])[] = [
      ['"no":3', '"no": 3'],
      ['"no":3', '"no":3.0'],
      ['"no":3', '"no":3,"no":3'],
      ['"no":3', '"z":1,"no":3'],
    ]
    for (const [before, after] of shapes) {
      const broken = altered((lines) => lines.with(3, (lines[3] as string).replace(before, after)))
      expect(python(broken).text).toContain('position 4: NOT_CANONICAL')
    }
  })

  it('21: the other program writes every double as ECMAScript does', () => {
    const doubles = [
      ...fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), {
        numRuns: 3_000,
        seed: 1,
      }),
      ...Array.from({ length: 50 }, (_, i) => [10 ** (i - 25), 1.5 * 10 ** (i - 25)]).flat(),
    ]
    const program = `import json, sys, verify_export
print(json.dumps([verify_export.ecmascript(float(text)) for text in json.load(sys.stdin)]))`
    const run = spawnSync('python3', ['-B', '-c', program], {
      cwd: dirname(PROGRAM),
      encoding: 'utf8',
      input: JSON.stringify(doubles.map(String)),
    })
    expect(JSON.parse(run.stdout)).toEqual(doubles.map(String))
  })

  it('shares no code with the project', () => {
    const imports = readFileSync(PROGRAM, 'utf8').match(/^(import|from) .*/gm)
    expect(imports).toEqual(['import hashlib', 'import json', 'import sys'])
  })
})
