import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { attackedWrit, fresh, looser, type Review, told } from './support/attacked-writ.ts'
import type { Client } from './support/client.ts'

describeOnServer('an attack on reviews and ceilings', () => {
  const { person, elsewhere, publish, decide, reviewOf, vote, askedFor, grant, entries, run } =
    attackedWrit()

  it('by the key of another tenant finds nothing', async () => {
    const made = await decide()
    const review = await reviewOf(made.id)
    expect(told(await vote(person('stranger'), review))).toEqual([404, 'review-not-found'])
    expect((await person('stranger').get(`/reviews/${made.id}`)).status).toBe(404)
  })

  it('with the Idempotency-Key of another voter neither counts for them nor is swallowed', async () => {
    await publish(looser('1.2.1'))
    const review = await askedFor('1.2.1')
    const key = fresh()
    expect(told(await vote(person('bo'), review, {}, key))).toEqual([201, 'open'])
    // No person, not asked, excluded: the key of somebody who was heard opens nothing for them.
    expect(told(await vote(person('shop'), review, {}, key))).toEqual([403, 'person-required'])
    expect(told(await vote(person('dee'), review, {}, key))).toEqual([403, 'role-missing'])
    expect(told(await vote(person('ada'), review, {}, key))).toEqual([
      403,
      'self-approval-forbidden',
    ])
    const second = await vote(person('cy'), review, {}, key)
    expect([...told(second), second.headers.get('idempotency-replayed')]).toEqual([
      ...[201, 'granted', null],
    ])
    const other = await vote(person('bo'), review, { verdict: 'decline' }, key)
    expect(told(other)).toEqual([422, 'idempotency-key-reused'])
  })

  it('of many votes at once, through two processes, grants once', async () => {
    await publish(looser('1.2.2'))
    const review = await askedFor('1.2.2')
    const voters = [
      ...['bo', 'bo again', 'cy', 'eve', 'ada', 'dee', 'shop'].map(person),
      ...['bo', 'bo again', 'cy', 'eve', 'ada'].map((name) => elsewhere[name] as Client),
    ]
    const replies = await Promise.all(voters.map((voter) => vote(voter, review)))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(2)
    const { status, votes } = await reviewOf(review.id)
    expect([status, new Set(votes.map(({ by }) => by)).size, votes.length]).toEqual([
      'granted',
      2,
      2,
    ])
    const approved = (await entries()).filter(
      ({ type, data }) => type === 'PolicyVersionApproved' && data.version === '1.2.2',
    )
    expect(approved).toHaveLength(1)
  })

  it('by withdrawing while the last vote is cast ends the review one way, not both', async () => {
    for (let round = 0; round < 5; round++) {
      const made = await decide()
      const review = await reviewOf(made.id)
      const [cast, withdrawn] = await Promise.all([
        vote(elsewhere.bo as Client, review),
        person('shop').post(`/reviews/${made.id}/withdraw`, { reason: 'x' }, fresh()),
      ])
      expect([cast.status, withdrawn.status].sort()).toSatisfy(
        (both: number[]) => both.includes(409) && both.some((status) => status < 300),
      )
    }
  })

  const ceiling = (who: string, level: string, action: string | undefined, headers = fresh()) =>
    person(who).put(
      '/controls/ceilings',
      { level, scope: { domain: 'hr', ...(action && { action }) }, reason: 'a test' },
      headers,
    )
  const raised = async (who: string, level: string, action?: string): Promise<Review> => {
    const reply = await ceiling(who, level, action)
    expect(told(reply)).toEqual([409, 'approval-needed'])
    return reviewOf(reply.json<{ reviews: string[] }>().reviews[0] as string)
  }

  it('by an old question to raise a ceiling does not lift one that was lowered since', async () => {
    expect(told(await ceiling('dee', 'AL1', 'a'))).toEqual([200, 'set'])
    const review = await raised('dee', 'AL3', 'a')
    expect(told(await vote(person('bo'), review))).toEqual([201, 'open'])
    expect(told(await ceiling('eve', 'AL0', 'a'))).toEqual([200, 'set'])
    expect(told(await vote(person('cy'), review))).toEqual([409, 'review-content-changed'])
    await grant(await raised('dee', 'AL3', 'a'))
  })

  it('by lowering a ceiling while somebody lowers it further does not raise it', async () => {
    for (let round = 0; round < 12; round++) {
      const action = `b${round}`
      const both = await Promise.all([
        ceiling('dee', 'AL2', action),
        ceiling('eve', 'AL0', action),
        ceiling('dee', 'AL1', action),
      ])
      expect(both.map(({ status }) => status)).toContain(200)
      const { ceilings } = (await person('dee').get('/controls')).json<{
        ceilings: { scope: { action?: string }; level: string }[]
      }>()
      expect(ceilings.find(({ scope }) => scope.action === action)?.level).toBe('AL0')
    }
  })

  it('by repeating a ceiling under its key hears the first answer', async () => {
    const [low, high] = [fresh(), fresh()]
    expect(told(await ceiling('dee', 'AL1', 'c', low))).toEqual([200, 'set'])
    expect(told(await ceiling('dee', 'AL1', 'c', low))).toEqual([200, 'set'])
    const asked = await ceiling('dee', 'AL2', 'c', high)
    expect((await ceiling('dee', 'AL2', 'c', high)).json().reviews).toEqual(asked.json().reviews)
    expect(told(await ceiling('dee', 'AL3', 'c', high))).toEqual([422, 'idempotency-key-reused'])
    await grant(await reviewOf(asked.json<{ reviews: string[] }>().reviews[0] as string))
    expect(told(await ceiling('dee', 'AL2', 'c', high))).toEqual([409, 'approval-needed'])
    expect(told(await ceiling('dee', 'AL1', 'c', low))).toEqual([200, 'set'])
  })

  it('by raising a narrower scope does not lift a wider one', async () => {
    await person('dee').put('/controls/ceilings', { level: 'AL0', reason: 'a test' })
    const scope = { domain: 'finance', action: 'discount' }
    const reply = await person('dee').put('/controls/ceilings', {
      level: 'AL3',
      scope,
      reason: 'x',
    })
    expect(told(reply)).toEqual([409, 'ceiling-unchanged'])
    expect(await decide({ discount: 0.04, margin: 0.31 })).toMatchObject({
      ...{ outcome: 'escalated', codes: ['ABOVE_CEILING'] },
    })
    const lift = await person('dee').put('/controls/ceilings', { level: 'AL3', reason: 'x' })
    await grant(await reviewOf(lift.json<{ reviews: string[] }>().reviews[0] as string))
    expect((await decide({ discount: 0.04, margin: 0.31 })).outcome).toBe('approved')
  })

  it('by events of a producer that look like votes or grants is refused', async () => {
    const made = await decide()
    for (const [stream, type] of [
      [`review:${made.id}`, 'ReviewGranted'],
      ['policy:finance-constitution', 'PolicyVersionApproved'],
      ['control:ceiling', 'CeilingSet'],
    ]) {
      const reply = await person('shop').post('/events', { stream, type, data: {} }, fresh())
      expect(reply.status).toBeGreaterThanOrEqual(400)
    }
    expect((await reviewOf(made.id)).status).toBe('open')
  })

  it('by a dry run opens no review; human-only sends everything to people', async () => {
    const body = { action: 'discount', subject: { type: 'customer', id: 'gus' }, mode: 'dry-run' }
    const request = { discount: 0.2, margin: 0.31 }
    const dry = await person('shop').post('/decisions/finance', { ...body, request }, fresh())
    expect([dry.status, dry.json()]).toMatchObject([200, { outcome: 'escalated', log: null }])
    expect(dry.json().review).toBeUndefined()
    expect((await person('bo').get(`/reviews/${dry.json().id}`)).status).toBe(404)
    const scope = { domain: 'finance' }
    const put = (state: string) =>
      person('shop').put('/controls/kill-switch', { state, scope, reason: 'x' })
    await put('human-only')
    const made = await decide({ discount: 0.04, margin: 0.31 })
    expect(made).toMatchObject({ outcome: 'escalated', review: { id: made.id } })
    // No voice names a path, so the path of the rules' default is asked.
    expect(await reviewOf(made.id)).toMatchObject({ path: 'cfo', status: 'open' })
    await put('off')
  })

  it('by what people write about a person leaves nothing of it in the log', async () => {
    const secret = 'zebra-illness'
    const subject = { type: 'customer', id: `${secret}-id` }
    const request = { discount: 0.2, margin: 0.31, note: `${secret}-note` }
    const made = await decide(request, { subject })
    const asks = await person('shop').post(
      '/access/v1/evaluation',
      {
        ...{ subject: { type: 'agent', id: `${secret}-agent` }, resource: subject },
        ...{ action: { name: 'finance.discount' }, context: request },
      },
      fresh(),
    )
    expect(asks.json<{ context: object }>().context).toMatchObject({ outcome: 'escalated' })
    const review = await reviewOf(made.id)
    const reason = { code: 'OTHER', text: `${secret}-vote` }
    expect((await vote(person('bo'), review, { verdict: 'decline', reason })).status).toBe(201)
    const second = await decide(request, { subject })
    const why = { reason: `${secret}-withdrawn` }
    const path = `/reviews/${second.id}/withdraw`
    expect((await person('shop').post(path, why, fresh())).status).toBe(200)
    expect(JSON.stringify(await entries())).not.toContain(secret)
    for (const list of ['/reviews?state=withdrawn', '/reviews?state=declined']) {
      expect((await person('bo').get(list)).text).not.toContain(secret)
    }
  })

  it('by a prototype in a question of AuthZEN smuggles no field in', async () => {
    const body = `{"subject":{"type":"agent","id":"bot"},"action":{"name":"finance.discount"},
      "resource":{"type":"customer","id":"gus"},"context":{"__proto__":{"discount":0.04,"margin":0.31}}}`
    const headers = { ...fresh(), 'content-type': 'application/json' }
    const reply = await person('shop').post('/access/v1/evaluation', body, headers)
    expect(reply.json().decision).not.toBe(true)
    expect(reply.status).toBeGreaterThanOrEqual(400)
  })

  it('leaves read models that equal a fold from the first entry on', async () => {
    const last = await decide()
    for (const list of ['/reviews', '/decisions']) {
      const reply = await person('bo').get(list, {
        'writ-min-position': String(last.log.position + 1),
      })
      expect(reply.status).toBe(200)
    }
    await wait(1_000)
    const verified = await run(['projections', 'verify', '--json'])
    expect([verified.code, verified.stdout.slice(0, 2_000)]).toEqual([0, expect.any(String)])
    expect((await run(['log', 'verify'])).code).toBe(0)
  }, 60_000)
})
