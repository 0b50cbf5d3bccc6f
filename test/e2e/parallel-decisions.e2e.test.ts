import { expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, decide, decided } from './support/client.ts'
import { ACME, connect, decisionsIn, entriesOf } from './support/ledger.ts'
import { type Environment, onServer, runWrit, startWrit, writJson } from './support/writ.ts'

const COUNT = 200

/** Two hundred decisions at once, and what the log then holds of them. */
const decideAll = async (environment: Environment, callers: readonly Client[]): Promise<void> => {
  const database = await connect(environment)
  const before = await entriesOf(database)
  const replies = await Promise.all(
    Array.from({ length: COUNT }, (_, i) => decide(callers[i % callers.length] as Client)),
  )
  expect(replies.filter(({ status }) => status === 201)).toHaveLength(COUNT)
  const added = await entriesOf(database, ACME, before.length)
  expect(decisionsIn(added)).toHaveLength(COUNT)
  expect(added.map(({ position }) => position)).toEqual(
    Array.from({ length: COUNT }, (_, i) => before.length + 1 + i),
  )
  const chain = [...before, ...added]
  expect(new Set(chain.map(({ prev }) => prev)).size).toBe(chain.length)
  expect(chain.slice(1).map(({ prev }) => prev)).toEqual(chain.slice(0, -1).map(({ hash }) => hash))
  expect(new Set(replies.map((reply) => reply.json<{ id: string }>().id)).size).toBe(COUNT)
  const { status, ledgers } = await writJson<{
    status: string
    ledgers: { ledger: string; entries: number }[]
  }>(['log', 'verify'], environment)
  expect(status).toBe('ok')
  expect(ledgers).toContainEqual(
    expect.objectContaining({ ledger: 'acme/main', entries: chain.length }),
  )
}

describeOnServer('two hundred decisions at once', () => {
  it('stand in one ledger one behind the other, none lost and none twice (AS-044)', async () => {
    const environment = await onServer()
    const writ = await startWrit(environment)
    await decideAll(environment, [writ.client()])
  })

  it('of two processes that start together on one database do so too (AS-058)', async () => {
    const environment = await onServer()
    const both = await Promise.all([startWrit(environment), startWrit(environment)])
    const database = await connect(environment)
    const opened = (await entriesOf(database)).filter(({ type }) => type === 'LedgerOpened')
    expect(opened).toHaveLength(1)
    await decideAll(
      environment,
      both.map((writ) => writ.client()),
    )
  })
})

describeOnServer('writers of two processes', () => {
  it('who expect the same revision: one is stored, the others are told 409 (AS-041)', async () => {
    const environment = await onServer()
    const both = await Promise.all([startWrit(environment), startWrit(environment)])
    const callers = both.map((writ) => writ.client())
    const database = await connect(environment)
    for (let revision = 0; revision < 5; revision++) {
      const replies = await Promise.all(
        Array.from({ length: 8 }, (_, writer) =>
          (callers[writer % 2] as Client).post('/events', {
            type: 'Claimed',
            stream: 'seat:12a',
            data: { writer },
            expectedRevision: revision,
          }),
        ),
      )
      const statuses = replies.map(({ status }) => status).sort()
      expect(statuses).toEqual([201, ...Array.from({ length: 7 }, () => 409)])
      for (const reply of replies.filter(({ status }) => status === 409)) {
        expect(reply.json().code).toBe('revision-conflict')
      }
    }
    const seat = (await entriesOf(database)).filter(({ stream }) => stream === 'seat:12a')
    expect(seat.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5])
  })
})

describeOnServer('a process told to stop under load', () => {
  it('answers what it has taken, loses nothing it acknowledged, and ends with 0 in time', async () => {
    const environment = await onServer()
    const writ = await startWrit(environment)
    const acme = writ.client()
    const acknowledged: string[] = []
    let stopping = false
    const callers = Array.from({ length: 32 }, async () => {
      while (!stopping) {
        try {
          acknowledged.push((await decided(acme)).id)
        } catch {
          // Refused or cut off: nobody was told that it was decided.
          if (stopping) return
        }
      }
    })
    while (acknowledged.length < 100) await new Promise((resolve) => setTimeout(resolve, 10))
    const started = performance.now()
    const stopped = writ.stop('SIGTERM')
    setTimeout(() => {
      stopping = true
    }, 300)
    const { code } = await stopped
    stopping = true
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(code).toBe(0)
    await Promise.all(callers)
    const stored = new Set(
      decisionsIn(await entriesOf(await connect(environment))).map(({ id }) => id),
    )
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
    expect((await runWrit(['log', 'verify'], environment)).code).toBe(0)
  })
})
