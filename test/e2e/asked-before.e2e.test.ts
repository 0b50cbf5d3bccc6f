import { describe, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, client, type Decision, decide, discount } from './support/client.ts'
import { connect, decisionsIn, entriesOf } from './support/ledger.ts'
import { lossyProxy } from './support/lossy-proxy.ts'
import {
  developmentKey,
  type Environment,
  onEmbedded,
  onServer,
  runWrit,
  startWrit,
} from './support/writ.ts'

const KEY = { 'idempotency-key': 'asked-once' }

/** A decision whose reply never arrives, since the process is killed between commit and reply. */
const decideAndDie = async (environment: Environment): Promise<void> => {
  const writ = await startWrit(environment)
  const proxy = await lossyProxy(writ.url, writ.kill9)
  const lost = client(proxy.url, developmentKey(environment))
  await expect(decide(lost, undefined, KEY)).rejects.toThrow()
  proxy.close()
}

const decisionsOf = async (caller: Client): Promise<readonly { id: string }[]> =>
  (await caller.get('/events?type=DecisionMade')).json<{ events: { id: string }[] }>().events

/** After the kill: the retry hears the stored answer, and there is one decision. */
const retry = async (environment: Environment): Promise<void> => {
  const writ = await startWrit(environment)
  const acme = writ.client()
  const stored = await decisionsOf(acme)
  expect(stored).toHaveLength(1)
  const again = await decide(acme, undefined, KEY)
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
  expect(again.json<Decision>().id).toBe(stored[0]?.id)
  expect((await acme.get(`/decisions/${stored[0]?.id}`)).json()).toEqual(again.json())
  expect(await decisionsOf(acme)).toHaveLength(1)
  expect((await runWrit(['log', 'verify'], environment)).code).toBe(0)
  expect((await writ.stop()).code).toBe(0)
}

describe('a process killed after the commit and before the reply (embedded)', () => {
  it('has stored the decision, and the retry with its key hears it (AS-043)', async () => {
    const environment = onEmbedded()
    await decideAndDie(environment)
    await retry(environment)
  })
})

describeOnServer('a process killed after the commit and before the reply', () => {
  it('has stored the decision, and the retry with its key hears it (AS-043)', async () => {
    const environment = await onServer()
    await decideAndDie(environment)
    await retry(environment)
  })
})

describeOnServer('one Idempotency-Key', () => {
  it('on twenty requests at once, to two processes, makes one decision (AS-049)', async () => {
    const environment = await onServer()
    const first = await startWrit(environment)
    const second = await startWrit(environment)
    const callers = [first.client(), second.client()]
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) => decide(callers[i % 2] as Client, undefined, KEY)),
    )
    for (const { status } of replies) expect([201, 409]).toContain(status)
    const answers = replies.filter(({ status }) => status === 201).map(({ text }) => text)
    expect(answers.length).toBeGreaterThan(0)
    expect(new Set(answers).size).toBe(1)
    const database = await connect(environment)
    expect(decisionsIn(await entriesOf(database))).toHaveLength(1)

    const other = await decide(callers[0] as Client, { discount: 0.03, margin: 0.31 }, KEY)
    expect([other.status, other.json().code]).toEqual([422, 'idempotency-key-reused'])
    // Another customer is another body, however alike.
    const body = discount(undefined, 'bo-diddley')
    const reused = await (callers[1] as Client).post('/decisions/finance', body, KEY)
    expect([reused.status, reused.json().code]).toEqual([422, 'idempotency-key-reused'])
    expect(decisionsIn(await entriesOf(database))).toHaveLength(1)
  })
})
