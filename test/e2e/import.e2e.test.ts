import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { exitOf } from '../support/child-process.ts'
import { describeOnServer } from '../support/test-databases.ts'
import { ACME, connect, entriesOf, type Hashed } from './support/ledger.ts'
import { type Environment, launch, newHome, onServer, runWrit, writJson } from './support/writ.ts'

const BUNDLED = fileURLToPath(new URL('../../examples/inputs/loan-events.csv', import.meta.url))
const ROWS = 6_000
const STEPS = [
  'A_SUBMITTED',
  'A_PARTLYSUBMITTED',
  'A_PREACCEPTED',
  'W_Completeren aanvraag',
] as const

interface ImportReport {
  readonly ledger: string
  readonly events: number
  readonly added: number
}

/** Loan events in the columns of the real log, interleaved by time as there: four steps an application. */
const loanLog = (): string => {
  const start = Date.parse('2012-01-01T08:00:00Z')
  const rows = Array.from({ length: ROWS }, (_, row) => {
    // Eight applications are under way at once.
    const application = 500_000 + 8 * Math.floor(row / 32) + (row % 8)
    const step = STEPS[Math.floor((row % 32) / 8)]
    const time = new Date(start + row * 1_000).toISOString().replace('Z', '+00:00')
    return `${time},${application},${1_000 + (row % 8) * 500},112,COMPLETE,${step},${time}`
  })
  const header =
    'case:REG_DATE,case:concept:name,case:AMOUNT_REQ,org:resource,lifecycle:transition,concept:name,time:timestamp'
  return `${[header, ...rows].join('\n')}\n`
}

const loanEvents = (entries: readonly Hashed[]): readonly Hashed[] =>
  entries.filter(({ stream }) => stream.startsWith('application:'))

describeOnServer('writ import bpic2012', () => {
  it('killed with -9 midway and started again completes, and started once more adds nothing', async () => {
    const environment = await onServer()
    const file = join(newHome(), 'loans.csv')
    writeFileSync(file, loanLog())
    const database = await connect(environment)

    const child = launch(['import', 'bpic2012', file], environment)
    const ended = exitOf(child)
    while (loanEvents(await entriesOf(database)).length < 1_000) await sleep(5)
    child.kill('SIGKILL')
    expect(await ended).toBe('SIGKILL')
    const half = loanEvents(await entriesOf(database))
    expect(half.length).toBeGreaterThanOrEqual(1_000)
    expect(half.length).toBeLessThan(ROWS)

    const rest = await writJson<ImportReport>(['import', 'bpic2012', file], environment)
    expect(rest).toMatchObject({ ledger: ACME, events: ROWS, added: ROWS - half.length })
    const whole = await entriesOf(database)
    const again = await writJson<ImportReport>(['import', 'bpic2012', file], environment)
    expect(again).toMatchObject({ events: ROWS, added: 0 })
    expect(await entriesOf(database)).toEqual(whole)

    const events = loanEvents(whole)
    expect(events).toHaveLength(ROWS)
    expect(new Set(events.map(({ id }) => id)).size).toBe(ROWS)
    const last = new Map<string, Hashed>()
    for (const event of events) {
      const before = last.get(event.stream)
      expect(event.revision).toBe((before?.revision ?? 0) + 1)
      if (before !== undefined) {
        expect(event.occurredAt >= before.occurredAt).toBe(true)
        expect(event.correlationId).toBe(before.correlationId)
      }
      last.set(event.stream, event)
    }
    expect((await runWrit(['log', 'verify'], environment)).code).toBe(0)
  })

  it.each([
    ['lacks a column', 'case:REG_DATE,amount\n2012-01-01,3\n', /lacks the columns/],
    [
      'has a row that is no row of that log',
      `${loanLog().split('\n')[0]}\nx,y,z,1,A,B,C\n`,
      /row 1/,
    ],
  ])('refuses a file that %s with 2, naming the place', async (_, text, named) => {
    const file = join(newHome(), 'bad.csv')
    writeFileSync(file, text)
    const refused = await runWrit(['import', 'bpic2012', file], await onServer())
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(named)])
    expect(refused.stderr).not.toMatch(/\n\s+at /)
  })
})

describeOnServer('writ demo', () => {
  it('on the bundled file shows the same table again and adds nothing', async () => {
    const environment = await onServer()
    const demo = async () => {
      const report = await writJson<Readonly<Record<string, object>>>(['demo'], environment)
      return JSON.parse(
        JSON.stringify(report, (name, value) => (TIMES.has(name) ? undefined : value)),
      )
    }
    const first = await demo()
    const lines = loanRows()
    expect(first).toMatchObject({
      imported: { events: lines, added: lines },
      verification: { findingCount: 0 },
    })
    expect(first.decisions.count).toBeGreaterThan(50)
    const ledger = first.ledger
    const stored = await entriesOf(await connect(environment), ledger)
    expect(stored.length).toBeGreaterThan(lines + first.decisions.count)
    const second = await demo()
    expect(second).toEqual({ ...first, imported: { ...first.imported, added: 0 } })
    expect(await entriesOf(await connect(environment), ledger)).toEqual(stored)
    await sameTables(environment)
  })
})

const TIMES = new Set(['seconds'])

/** What people see is the same too, the rates apart. */
const sameTables = async (environment: Environment): Promise<void> => {
  const [one, two] = [await runWrit(['demo'], environment), await runWrit(['demo'], environment)]
  expect([one.code, two.code]).toEqual([0, 0])
  expect(one.stdout).toContain('The chain verifies')
  const withoutRates = (text: string) => text.replaceAll(/ *\d+\/s/g, '').replaceAll(/ +$/gm, '')
  expect(withoutRates(two.stdout)).toBe(withoutRates(one.stdout))
}

const loanRows = (): number => readFileSync(BUNDLED, 'utf8').trim().split('\n').length - 1
