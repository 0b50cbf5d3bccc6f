import { beforeAll, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import type { Client } from './support/client.ts'
import { ACME, connect, entriesOf } from './support/ledger.ts'
import { type Environment, onServer, startWrit } from './support/writ.ts'

const BOT = { type: 'agent', id: 'pricing-bot' }
const CUSTOMER = { type: 'customer', id: 'eve' }
const asking = (properties: object, over: object = {}) => ({
  subject: BOT,
  action: { name: 'finance.discount', properties },
  resource: CUSTOMER,
  ...over,
})

interface Answer {
  readonly decision: boolean
  readonly context: Readonly<Record<string, unknown>> & { readonly id: string }
}

describeOnServer('the interface of AuthZEN', () => {
  let environment: Environment
  let caller: Client
  beforeAll(async () => {
    environment = await onServer()
    caller = (await startWrit(environment)).client()
  })

  const evaluate = async (body: object) => caller.post('/access/v1/evaluation', body)
  const evaluateAll = async (body: object) => {
    const reply = await caller.post('/access/v1/evaluations', body)
    expect(reply.status).toBe(200)
    return reply.json<{ evaluations: readonly Answer[] }>().evaluations
  }

  it('allows what is approved, and the decision is in the log like any other', async () => {
    const reply = await evaluate(asking({ discount: 0.04, margin: 0.31 }))
    const { decision, context } = reply.json<Answer>()
    expect([reply.status, decision, context.outcome]).toEqual([200, true, 'approved'])
    const stored = await caller.get(`/decisions/${context.id}`)
    expect(stored.json()).toMatchObject({ id: context.id, subject: CUSTOMER, outcome: 'approved' })
    const { position } = context.log as { position: number }
    const [entry] = await entriesOf(await connect(environment), ACME, position - 1)
    // An agent is no kind of person or thing that Writ knows, so its id stands for it, and is not shown.
    expect(entry?.meta?.onBehalfOf).toMatch(/^agent:[0-9a-f-]{36}$/)
    expect(entry?.actor).not.toMatchObject({ id: BOT.id })
  })

  it('does not allow what waits for people, and says where they are asked', async () => {
    const { decision, context } = (
      await evaluate(asking({ discount: 0.3, margin: 0.31 }))
    ).json<Answer>()
    expect([decision, context.outcome, context.codes]).toEqual([
      false,
      'escalated',
      ['NO_BAND', 'OUTSIDE_BAND'],
    ])
    expect(context.review).toEqual({ id: context.id })
    expect(context.reason).toEqual(expect.any(String))
  })

  it.each<[string, object, number, string]>([
    ['an action nobody knows', { action: { name: 'finance.refund' } }, 403, '/'],
    ['an action without a domain', { action: { name: 'discount' } }, 422, '/action/name'],
    [
      'properties of the subject',
      { subject: { ...BOT, properties: { role: 'vip' } } },
      422,
      '/subject/properties',
    ],
    ['a field named twice', { context: { discount: 0.01 } }, 422, '/context/discount'],
    ['a field the policy does not know', { context: { mood: 'good' } }, 422, '/request/mood'],
    ['a key that AuthZEN does not have', { policy: 'lax' }, 422, '/policy'],
  ])('refuses %s and drops nothing', async (_, over, status, pointer) => {
    const reply = await evaluate(asking({ discount: 0.04, margin: 0.31 }, over))
    expect(reply.status).toBe(status)
    if (pointer !== '/') expect(reply.text).toContain(`"pointer":"${pointer}"`)
  })

  it('answers several in order; parts at the top stand in, and one bad item fails alone', async () => {
    const evaluations = [
      { action: { name: 'finance.discount', properties: { discount: 0.04, margin: 0.31 } } },
      { action: { name: 'finance.discount', properties: { discount: 'much', margin: 0.31 } } },
      { action: { name: 'finance.discount', properties: { discount: 0.3, margin: 0.31 } } },
      {},
    ]
    const answers = await evaluateAll({ subject: BOT, resource: CUSTOMER, evaluations })
    expect(answers.map(({ decision }) => decision)).toEqual([true, false, false, false])
    expect(answers[1]?.context).toMatchObject({ error: { status: 422, code: 'request-invalid' } })
    expect(answers[2]?.context).toMatchObject({ outcome: 'escalated' })
    expect(answers[3]?.context).toMatchObject({ error: { code: 'request-invalid' } })
  })

  it.each([
    ['execute_all', [false, true, false]],
    ['deny_on_first_deny', [false]],
    ['permit_on_first_permit', [false, true]],
  ] as const)('with %s answers %j and asks no more than that', async (semantic, expected) => {
    const database = await connect(environment)
    const before = (await entriesOf(database)).length
    const evaluations = [0.3, 0.04, 0.3].map((discount) => ({
      action: { name: 'finance/discount', properties: { discount, margin: 0.31 } },
    }))
    const answers = await evaluateAll({
      ...{ subject: BOT, resource: CUSTOMER, evaluations },
      options: { evaluations_semantic: semantic },
    })
    expect(answers.map(({ decision }) => decision)).toEqual(expected)
    const made = (await entriesOf(database, ACME, before)).filter(
      ({ type }) => type === 'DecisionMade',
    )
    expect(made).toHaveLength(expected.length)
  })

  it('answers a repeat from the log, item by item', async () => {
    const body = {
      ...{ subject: BOT, resource: CUSTOMER },
      evaluations: [
        { action: { name: 'finance.discount', properties: { discount: 0.04, margin: 0.31 } } },
      ],
    }
    const key = { 'idempotency-key': 'authzen-1' }
    const first = await caller.post('/access/v1/evaluations', body, key)
    const again = await caller.post('/access/v1/evaluations', body, key)
    expect(again.text).toBe(first.text)
  })
})
