import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, client, type Decision, type Reply } from './support/client.ts'
import { ACME, connect, entriesOf } from './support/ledger.ts'
import { type Environment, onServer, secrets, startWrit, writJson } from './support/writ.ts'

const FINANCE = readFileSync(
  new URL('../../examples/policies/finance-constitution-1.1.0.yaml', import.meta.url),
  'utf8',
)
/** Allows more at AL2 than 1.1.0 does: that loosens, so it takes two people. */
const LOOSER = FINANCE.replace('version: 1.1.0', 'version: 1.2.0')
  .replace(
    'level: AL1, when: "request.discount <= 0.05',
    'level: AL1, when: "request.discount <= 0.06',
  )
  .replaceAll('request: {discount: 0.05, margin: 0.25}', 'request: {discount: 0.06, margin: 0.25}')

interface Review {
  readonly id: string
  readonly status: string
  readonly digest: string
  readonly kind: string
  readonly asked: { readonly roles: readonly string[]; readonly quorum: number }
  readonly votes: readonly { readonly by: string; readonly reason: { readonly sealed?: boolean } }[]
  readonly you: { readonly mayVote: boolean; readonly code?: string }
}

let keys = 0
const fresh = () => ({ 'idempotency-key': `k-${++keys}` })

const ESCALATED = { discount: 0.2, margin: 0.31 }

describeOnServer('reviews in production', () => {
  let environment: Environment
  let url: string
  let shop: Client
  const people: Record<string, Client> = {}
  const person = (name: string): Client => people[name] as Client

  beforeAll(async () => {
    environment = await onServer({
      WRIT_PROFILE: 'production',
      WRIT_ORIGIN: 'writ.test',
      ...secrets(),
    })
    environment = {
      ...environment,
      WRIT_ANCHOR_FILE: join(environment.WRIT_HOME as string, 'anchors'),
    }
    const keyOf = async (name: string, ...more: readonly string[]): Promise<string> =>
      (await writJson<{ token: string }>(['keys', 'create', '--name', name, ...more], environment))
        .token
    const tokens: Record<string, string> = { shop: await keyOf('shop') }
    for (const [name, roles] of [
      ['ada', 'author'],
      ['bo', 'cfo,policy-approver'],
      ['cy', 'policy-approver'],
      ['dee', 'clerk'],
    ] as const) {
      tokens[name] = await keyOf(name, '--person', '--roles', roles)
    }
    url = (await startWrit(environment)).url
    shop = client(url, tokens.shop as string)
    for (const name of ['ada', 'bo', 'cy', 'dee'])
      people[name] = client(url, tokens[name] as string)
    const published = await person('ada').post('/policies', FINANCE, fresh())
    expect([published.status, published.json().status]).toEqual([201, 'validated'])
    const path = '/policies/finance-constitution/1.1.0/activate'
    const own = await person('ada').post(path, undefined, fresh())
    expect([own.status, own.json().code]).toEqual([403, 'self-activation-forbidden'])
    expect((await person('dee').post(path, undefined, fresh())).status).toBe(200)
    await shop.put('/controls/flags/finance/discount', { state: 'on', reason: 'opening' })
  })

  const ask = async (
    request: object = ESCALATED,
  ): Promise<Decision & { review?: { id: string } }> => {
    const body = { action: 'discount', subject: { type: 'customer', id: 'eve' }, request }
    const reply = await shop.post('/decisions/finance', body, fresh())
    expect(reply.status).toBe(201)
    return reply.json()
  }
  const reviewOf = async (id: string, who = person('bo')): Promise<Review> =>
    (await who.get(`/reviews/${id}`)).json<Review>()
  const vote = async (
    who: Client,
    review: Pick<Review, 'id' | 'digest'>,
    over: object = {},
    headers = fresh(),
  ): Promise<Reply> =>
    who.post(
      `/reviews/${review.id}/votes`,
      { verdict: 'approve', digest: review.digest, reason: { code: 'KEY_ACCOUNT' }, ...over },
      headers,
    )

  it('are opened by an escalated decision in its own append, under its own id', async () => {
    const made = await ask()
    expect(made).toMatchObject({ outcome: 'escalated', review: { id: made.id } })
    const entries = await entriesOf(await connect(environment), ACME, made.log.position - 1)
    expect(entries.map(({ type, stream }) => [type, stream])).toEqual([
      ['DecisionMade', `decision:${made.id}`],
      ['ReviewOpened', `review:${made.id}`],
    ])
    const review = await reviewOf(made.id)
    expect(review).toMatchObject({
      ...{ status: 'open', kind: 'decision', asked: { roles: ['cfo'], quorum: 1 } },
      you: { mayVote: true },
    })
    expect((await ask({ discount: 0.04, margin: 0.3 })).review).toBeUndefined()
  })

  it('are granted by a person with the role, and the decision shows it', async () => {
    const made = await ask()
    const review = await reviewOf(made.id)
    const key = fresh()
    const cast = await vote(person('bo'), review, {}, key)
    expect([cast.status, cast.json().status]).toEqual([201, 'granted'])
    const again = await vote(person('bo'), review, {}, key)
    expect([again.status, again.text]).toEqual([201, cast.text])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    const later = await shop.get(`/decisions/${made.id}`)
    expect(later.json()).toMatchObject({ outcome: 'escalated', review: { status: 'granted' } })
    const list = await person('bo').get(`/reviews?state=granted`, {
      'writ-min-position': String(made.log.position + 3),
    })
    expect(list.text).toContain(made.id)
  })

  it.each([
    ['without the role', 'dee', {}, 403, 'role-missing'],
    ['by a program', 'shop', {}, 403, 'person-required'],
    [
      'on something else',
      'bo',
      { digest: `sha256:${'0'.repeat(64)}` },
      409,
      'review-content-changed',
    ],
    ['without a reason', 'bo', { reason: undefined }, 422, 'request-invalid'],
  ])('refuse a vote %s, and write nothing', async (_, who, over, status, code) => {
    const made = await ask()
    const review = await reviewOf(made.id)
    const reply = await vote(who === 'shop' ? shop : person(who), review, over)
    expect([reply.status, reply.json().code]).toEqual([status, code])
    expect((await reviewOf(made.id)).votes).toEqual([])
  })

  it('are voted on once: of two votes at once that would both complete it one gets 409', async () => {
    const made = await ask()
    const review = await reviewOf(made.id)
    const replies = await Promise.all([
      vote(person('bo'), review),
      vote(person('bo'), review, { verdict: 'decline' }),
    ])
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409])
    const { votes } = await reviewOf(made.id)
    expect(votes).toHaveLength(1)
  })

  it('are withdrawn by who asked, and by nobody else', async () => {
    const made = await ask()
    const path = `/reviews/${made.id}/withdraw`
    const other = await person('bo').post(path, { reason: 'no' }, fresh())
    expect([other.status, other.json().code]).toEqual([403, 'forbidden'])
    const own = await shop.post(path, { reason: 'the customer left' }, fresh())
    expect([own.status, own.json().status]).toEqual([200, 'withdrawn'])
    const late = await vote(person('bo'), await reviewOf(made.id))
    expect([late.status, late.json().code]).toEqual([409, 'review-not-open'])
  })

  it('keep what a voter writes about a person out of the log', async () => {
    const made = await ask()
    const text = 'Eve told us about her illness'
    const cast = await vote(person('bo'), await reviewOf(made.id), {
      reason: { code: 'HARDSHIP', text },
    })
    expect(cast.json<Review>().votes[0]?.reason).toEqual({ code: 'HARDSHIP', sealed: true })
    const entries = await entriesOf(await connect(environment), ACME, made.log.position)
    expect(entries.map(({ type }) => type)).toContain('VoteCast')
    expect(JSON.stringify(entries)).not.toContain('illness')
    const voted = entries.find(({ type }) => type === 'VoteCast')
    const opened = await person('bo').get(`/events/${voted?.id}`)
    expect(opened.text).toContain(text)
  })

  it('let nobody loosen a policy alone: two others than its author approve the step first', async () => {
    const published = await person('ada').post('/policies', LOOSER, fresh())
    expect([published.status, published.json().status]).toEqual([201, 'validated'])
    const activate = (who: string) =>
      person(who).post('/policies/finance-constitution/1.2.0/activate', undefined, fresh())
    const asked = await activate('dee')
    expect([asked.status, asked.json().code]).toEqual([409, 'approval-needed'])
    const { reviewId } = asked.json<{ reviewId: string }>()
    // Asking again names the same review.
    expect((await activate('dee')).json().reviewId).toBe(reviewId)
    const review = await reviewOf(reviewId)
    expect(review).toMatchObject({ kind: 'policy', asked: { quorum: 2 } })
    const author = await reviewOf(reviewId, person('ada'))
    expect(author.you).toMatchObject({ mayVote: false, code: 'self-approval-forbidden' })
    expect((await vote(person('bo'), review)).json().status).toBe('open')
    expect((await activate('dee')).json().code).toBe('approval-needed')
    expect((await vote(person('cy'), review)).json().status).toBe('granted')
    const done = await activate('dee')
    expect([done.status, done.json().status]).toEqual([200, 'active'])
    expect(await ask({ discount: 0.06, margin: 0.3 })).toMatchObject({ autonomyLevel: 'AL1' })
    // Going back makes things stricter, so it takes one.
    const back = '/policies/finance-constitution/1.1.0/activate'
    expect((await person('dee').post(back, undefined, fresh())).status).toBe(200)
  })

  it('lower a ceiling at once and raise it by two', async () => {
    const put = (level: string) =>
      person('dee').put('/controls/ceilings', {
        level,
        scope: { domain: 'finance' },
        reason: 'trial',
      })
    expect((await put('AL1')).json().status).toBe('set')
    expect(await ask({ discount: 0.1, margin: 0.3 })).toMatchObject({
      outcome: 'escalated',
      codes: ['ABOVE_CEILING'],
    })
    const raised = await put('AL3')
    expect([raised.status, raised.json().code]).toEqual([409, 'approval-needed'])
    const [id = ''] = raised.json<{ reviews: string[] }>().reviews
    const review = await reviewOf(id)
    await vote(person('bo'), review)
    expect((await ask({ discount: 0.1, margin: 0.3 })).outcome).toBe('escalated')
    expect((await vote(person('cy'), review)).json().status).toBe('granted')
    expect(await ask({ discount: 0.1, margin: 0.3 })).toMatchObject({ autonomyLevel: 'AL2' })
  })

  it('activate a version at the time that was agreed, and say from when on it is valid', async () => {
    const next = FINANCE.replace('version: 1.1.0', 'version: 1.3.0')
    await person('ada').post('/policies', next, fresh())
    const at = new Date(Date.now() + 1_500).toISOString()
    const path = '/policies/finance-constitution/1.3.0/activate'
    const scheduled = await person('dee').post(path, { at }, fresh())
    expect([scheduled.status, scheduled.json()]).toMatchObject([
      200,
      { status: 'approved', activateAt: at },
    ])
    expect((await ask()).policy.version).toBe('1.1.0')
    let version = ''
    for (let tries = 0; version !== '1.3.0' && tries < 100; tries++) {
      await wait(100)
      version = (await ask()).policy.version
    }
    expect(version).toBe('1.3.0')
    const history = await person('dee').get('/activations/finance?limit=1', {
      'writ-min-position': String((await ask()).log.position),
    })
    expect(history.json<{ items: object[] }>().items[0]).toMatchObject({
      version: '1.3.0',
      from: at,
    })
  })

  it('list what decides with its card, and say when its next review is overdue', async () => {
    const active = async () => {
      const { policies } = (await person('bo').get('/policies')).json<{
        policies: readonly { status: string; card?: object; reviewOverdue?: boolean }[]
      }>()
      expect(policies.filter(({ card }) => card !== undefined)).toHaveLength(1)
      return policies.find(({ status }) => status === 'active')
    }
    expect(await active()).toMatchObject({
      card: { owner: 'finance-ops', riskTier: 'medium', nextReview: '2027-06-30' },
      reviewOverdue: false,
    })
    const old = FINANCE.replace('version: 1.1.0', 'version: 1.3.1').replace(
      '2027-06-30',
      '2020-06-30',
    )
    await person('ada').post('/policies', old, fresh())
    await person('dee').post('/policies/finance-constitution/1.3.1/activate', undefined, fresh())
    expect(await active()).toMatchObject({
      card: { nextReview: '2020-06-30' },
      reviewOverdue: true,
    })
    await person('dee').post('/policies/finance-constitution/1.3.0/activate', undefined, fresh())
  })

  it('revoke a version for ever: its domain then asks people', async () => {
    const path = '/policies/finance-constitution/1.3.0'
    const revoked = await person('bo').post(`${path}/revoke`, { reason: 'wrong margin' }, fresh())
    expect([revoked.status, revoked.json().status]).toEqual([200, 'revoked'])
    expect(await ask({ discount: 0.01, margin: 0.9 })).toMatchObject({
      ...{ outcome: 'escalated', codes: ['NO_POLICY'] },
      review: expect.any(Object),
    })
    const again = await person('dee').post(`${path}/activate`, undefined, fresh())
    expect([again.status, again.json().code]).toEqual([409, 'policy-revoked'])
  })
})
