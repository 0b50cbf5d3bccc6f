import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect } from 'vitest'
import { type Client, client, type Decision, type Reply } from './client.ts'
import { ACME, connect, entriesOf } from './ledger.ts'
import {
  type Environment,
  newHome,
  onServer,
  runWrit,
  secrets,
  startWrit,
  writJson,
} from './writ.ts'

export const FINANCE = readFileSync(
  new URL('../../../examples/policies/finance-constitution-1.1.0.yaml', import.meta.url),
  'utf8',
)
export const asVersion = (version: string, text = FINANCE): string =>
  text.replace('version: 1.1.0', `version: ${version}`)
/** Lets more pass at AL1 than 1.1.0 does. */
export const looser = (version: string): string =>
  asVersion(version)
    .replace(
      'level: AL1, when: "request.discount <= 0.05',
      'level: AL1, when: "request.discount <= 0.06',
    )
    .replaceAll(
      'request: {discount: 0.05, margin: 0.25}',
      'request: {discount: 0.06, margin: 0.25}',
    )

export interface Review {
  readonly id: string
  readonly status: string
  readonly digest: string
  readonly about: Readonly<Record<string, unknown>>
  readonly votes: readonly { readonly by: string }[]
  readonly you: { readonly mayVote: boolean; readonly code?: string }
}

export type Asked = Decision & { readonly review?: { readonly id: string } }

let keys = 0
/** An Idempotency-Key that no other request has. */
export const fresh = () => ({ 'idempotency-key': `k-${++keys}` })
/** What a reply says in short: its status with its code, or else with the status it tells of. */
export const told = (reply: Reply) => [reply.status, reply.json().code ?? reply.json().status]

export const PATH = '/policies/finance-constitution'
const BY = {
  ada: 'author,policy-approver',
  bo: 'cfo,policy-approver',
  cy: 'cfo,policy-approver',
  dee: 'clerk',
  eve: 'policy-approver',
} as const

/**
 * An installation in production with five people, a program, a second process, and a second tenant: version 1.1.0 of
 * the shipped policy decides. To be called in a suite.
 */
export const attackedWrit = () => {
  let environment: Environment
  const people: Record<string, Client> = {}
  const elsewhere: Record<string, Client> = {}
  const person = (name: string): Client => people[name] as Client

  beforeAll(async () => {
    const installed = await twoProcesses()
    environment = installed.environment
    Object.assign(people, installed.people)
    Object.assign(elsewhere, installed.elsewhere)
    await publish(FINANCE)
    await backTo('1.1.0')
    await person('shop').put('/controls/flags/finance/discount', { state: 'on', reason: 'open' })
  }, 60_000)

  const publish = async (text: string) => {
    const reply = await person('ada').post('/policies', text, fresh())
    expect(told(reply)).toEqual([201, 'validated'])
  }
  const activate = (who: string, version: string, body?: object, headers = fresh()) =>
    person(who).post(`${PATH}/${version}/activate`, body, headers)
  const revoke = (who: string, version: string) =>
    person(who).post(`${PATH}/${version}/revoke`, { reason: 'a test' }, fresh())
  const decide = async (
    request: object = { discount: 0.2, margin: 0.31 },
    over: object = {},
    by = person('shop'),
  ): Promise<Asked> => {
    const body = { action: 'discount', subject: { type: 'customer', id: 'gus' }, request, ...over }
    const reply = await by.post('/decisions/finance', body, fresh())
    expect([reply.status, reply.text]).toEqual([201, expect.any(String)])
    return reply.json()
  }
  const reviewOf = async (id: string, who = person('bo')): Promise<Review> =>
    (await who.get(`/reviews/${id}`)).json<Review>()
  const vote = (
    who: Client,
    { id, digest }: Pick<Review, 'id' | 'digest'>,
    over: object = {},
    headers = fresh(),
  ): Promise<Reply> =>
    who.post(
      `/reviews/${id}/votes`,
      { verdict: 'approve', digest, reason: { code: 'OTHER' }, ...over },
      headers,
    )
  /** The review that a step needs. */
  const askedFor = async (version: string, body?: object): Promise<Review> => {
    const reply = await activate('dee', version, body)
    expect(told(reply)).toEqual([409, 'approval-needed'])
    return reviewOf(reply.json<{ reviewId: string }>().reviewId)
  }
  const grant = async (review: Review) => {
    expect(told(await vote(person('bo'), review))).toEqual([201, 'open'])
    expect(told(await vote(person('cy'), review))).toEqual([201, 'granted'])
  }
  /** A version decides, whatever was before. */
  const backTo = async (version: string) => {
    expect(told(await activate('dee', version))).toEqual([200, 'active'])
  }
  const entries = async (after = 0) => entriesOf(await connect(environment), ACME, after)
  const run = (args: readonly string[]) => runWrit(args, environment)
  return {
    ...{ person, elsewhere, publish, activate, revoke, decide, reviewOf, vote, askedFor, grant },
    ...{ backTo, entries, run },
  }
}

/** Everybody as a caller of the one process and of the other. */
const twoProcesses = async () => {
  const bare = await onServer({
    ...{ WRIT_PROFILE: 'production', WRIT_ORIGIN: 'writ.test' },
    ...secrets(),
  })
  const environment = { ...bare, WRIT_ANCHOR_FILE: join(bare.WRIT_HOME as string, 'a') }
  const tokens = await tokensOf(environment)
  const one = await startWrit(environment)
  const two = await startWrit({ ...environment, WRIT_HOME: newHome() })
  const callersOf = (url: string): Record<string, Client> =>
    Object.fromEntries(Object.entries(tokens).map(([name, token]) => [name, client(url, token)]))
  return { environment, people: callersOf(one.url), elsewhere: callersOf(two.url) }
}

/** A key each; Ada and Bo have a second one. */
const tokensOf = async (environment: Environment): Promise<Record<string, string>> => {
  const keyOf = (name: string, ...more: readonly string[]) =>
    writJson<{ token: string; actor: { id: string } }>(
      ['keys', 'create', '--name', name, ...more],
      environment,
    )
  const all = ['--person', '--roles', 'cfo,policy-approver']
  const tokens: Record<string, string> = {
    shop: (await keyOf('shop')).token,
    stranger: (await keyOf('stranger', '--tenant', 'beta', ...all)).token,
  }
  for (const [name, roles] of Object.entries(BY)) {
    const { token, actor } = await keyOf(name, '--person', '--roles', roles)
    tokens[name] = token
    if (name !== 'ada' && name !== 'bo') continue
    tokens[`${name} again`] = (await keyOf(name, '--actor', actor.id, ...all)).token
  }
  return tokens
}
