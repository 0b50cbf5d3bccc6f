import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Database, OWNER } from '@writ/database'
import { beforeAll, expect, it } from 'vitest'
import { postgresBinaries } from '../support/postgres-server.ts'
import { describeOnServer } from '../support/test-databases.ts'
import { type Client, client, type Decision, decided } from './support/client.ts'
import { connect, entriesOf, type Hashed } from './support/ledger.ts'
import {
  type Environment,
  onServer,
  runWrit,
  startWrit,
  type WritProcess,
  writJson,
} from './support/writ.ts'

const PERSON = 'ada.lovelace@example.org'
/** What a person said or did: no copy of it may be found anywhere but in a reply to who may read it. */
const NOTE = 'Ada lost her job in spring'
const DIAGNOSIS = 'chronic-migraine-of-ada'
const STREET = 'twelve St James Square'
const NAMED_BY_FIELD = 'countess-of-lovelace'
const PERSONAL = [PERSON, NOTE, DIAGNOSIS, STREET, NAMED_BY_FIELD]

const ADDRESS_TYPE = {
  type: 'object',
  additionalProperties: false,
  required: ['member', 'street', 'plan'],
  properties: {
    member: { type: 'string', maxLength: 80, 'x-subject': 'member' },
    street: { type: 'string', maxLength: 80, 'x-personal': true },
    plan: { type: 'string', maxLength: 20 },
  },
}

interface EventReply {
  readonly id: string
  readonly stream: string
  readonly data: Readonly<Record<string, unknown>>
}

describeOnServer('personal data', () => {
  let environment: Environment
  let writ: WritProcess
  let reader: Client
  let stranger: Client
  let owner: Database
  let decision: Decision
  let sealedId: string
  let addressId: string

  beforeAll(async () => {
    environment = await onServer({ WRIT_LOG_LEVEL: 'trace' })
    writ = await startWrit(environment)
    reader = writ.client()
    const scopes = 'events:read,decisions:read,events:write'
    const key = await writJson<{ token: string }>(
      ['keys', 'create', '--name', 'stranger', '--scopes', scopes],
      environment,
    )
    stranger = client(writ.url, key.token)
    owner = await connect(environment, OWNER)

    const reply = await reader.post('/decisions/finance', {
      action: 'discount',
      subject: { type: 'customer', id: PERSON },
      request: { discount: 0.08, margin: 0.31, note: NOTE },
    })
    decision = reply.json<Decision>()
    const event = await reader.post('/events', {
      type: 'PatientAdmitted',
      subject: { type: 'patient', id: PERSON },
      data: { diagnosis: DIAGNOSIS },
    })
    sealedId = event.json<{ id: string }>().id
    const put = await reader.put('/event-types/AddressChanged/1', ADDRESS_TYPE)
    expect([put.status, put.text]).toEqual([201, expect.any(String)])
    const address = await reader.post('/events', {
      type: 'AddressChanged',
      data: { member: NAMED_BY_FIELD, street: STREET, plan: 'gold' },
    })
    expect([address.status, address.json().code]).toEqual([201, undefined])
    addressId = address.json<{ id: string }>().id
    // A refusal must not carry the value either.
    await reader.post('/decisions/finance', {
      action: 'discount',
      subject: { type: 'customer', id: PERSON },
      request: { discount: 'much', margin: 0.31, note: NOTE },
    })
  })

  const entry = async (id: string): Promise<Hashed | undefined> =>
    (await entriesOf(await connect(environment))).find((one) => one.id === id)

  it('of a request is echoed to the caller by the caller’s own id, while the entry holds an issued one', async () => {
    expect(decision).toMatchObject({
      outcome: 'approved',
      subject: { type: 'customer', id: PERSON },
    })
    expect((await reader.get(`/decisions/${decision.id}`)).json()).toEqual(decision)
    const stored = await entry(decision.id)
    expect(stored?.data).toMatchObject({
      inputs: {
        request: { discount: 0.08, margin: 0.31 },
        subject: { type: 'customer', id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      },
    })
    expect(Object.keys(stored?.commitments ?? {})).toEqual(['/inputs/request/note'])
  })

  it('of an unregistered event is sealed as a whole, of a registered one field by field', async () => {
    expect(await entry(sealedId)).toMatchObject({
      data: {},
      commitments: { '': { c: expect.any(String), k: expect.any(String) } },
      stream: expect.stringMatching(/^patient:[0-9a-f-]{36}$/),
    })
    const stored = await entry(addressId)
    expect(stored?.data).toEqual({ plan: 'gold' })
    expect(Object.keys(stored?.commitments ?? {}).sort()).toEqual(['/member', '/street'])
    expect(stored?.stream).toMatch(/^member:[0-9a-f-]{36}$/)
  })

  it('is opened for a reader who may, and the opening is in the log before it is shown', async () => {
    const before = (await entriesOf(await connect(environment))).length
    const opened = await reader.get(`/events/${addressId}`)
    expect(opened.json<EventReply>().data).toEqual({
      member: NAMED_BY_FIELD,
      street: STREET,
      plan: 'gold',
    })
    const whole = await reader.get(`/events/${sealedId}`)
    expect(whole.json<EventReply>().data).toEqual({ diagnosis: DIAGNOSIS })
    const added = (await entriesOf(await connect(environment))).slice(before)
    expect(added.map(({ type, stream }) => [type, stream.split(':')[0]])).toEqual([
      ['PersonalDataOpened', 'subject'],
      ['PersonalDataOpened', 'subject'],
    ])
    expect(added.map(({ data }) => data.opened)).toEqual([
      [{ eventId: addressId, pointers: ['/member', '/street'] }],
      [{ eventId: sealedId, pointers: [''] }],
    ])
  })

  it('stays shut for a reader without the scope, and nothing is appended', async () => {
    const before = (await entriesOf(await connect(environment))).length
    const shut = await stranger.get(`/events/${addressId}`)
    expect(shut.json<EventReply>().data).toEqual({ plan: 'gold' })
    const listed = await stranger.get('/events?limit=1000')
    const seen = (await stranger.get(`/decisions/${decision.id}/explanation`)).text
    for (const personal of PERSONAL) expect(shut.text + listed.text + seen).not.toContain(personal)
    expect((await entriesOf(await connect(environment))).length).toBe(before)
  })

  it('does not keep a decision from being explained and replayed, and the explanation masks it', async () => {
    const why = await reader.get(`/decisions/${decision.id}/explanation`)
    expect(why.json()).toMatchObject({ replay: { verdict: 'same' }, outcome: 'approved' })
    expect(why.text).not.toContain(NOTE)
  })

  it('is the same person again under the same id, and another under another', async () => {
    const again = await reader.post('/decisions/finance', {
      action: 'discount',
      subject: { type: 'customer', id: PERSON },
      request: { discount: 0.04, margin: 0.31 },
    })
    const other = await decided(reader)
    const issued = async (id: string) => {
      const stored = (await entry(id))?.data as { inputs: { subject: { id: string } } }
      return stored.inputs.subject.id
    }
    expect(await issued(again.json<Decision>().id)).toBe(await issued(decision.id))
    expect(await issued(other.id)).not.toBe(await issued(decision.id))
  })

  it('stands in no dump, export, table or line of the log, in no encoding', async () => {
    const dump = await dumpOf(environment)
    expect(dump).toContain('DecisionMade')
    const exported = await runWrit(['log', 'export'], environment)
    expect([exported.code, exported.stdout]).toEqual([0, expect.stringContaining('DecisionMade')])
    const rows = await everyRow(owner)
    expect(rows).toContain('DecisionMade')
    // One line a request at this level: the lines are there to be searched.
    expect(writ.said()).toContain('/decisions/:domain')
    for (const [where, text] of Object.entries({
      dump,
      exported: exported.stdout,
      rows,
      lines: writ.said(),
    })) {
      for (const personal of PERSONAL) {
        for (const form of formsOf(personal)) {
          expect([where, personal, text.includes(form)]).toEqual([where, personal, false])
        }
      }
    }
  })
})

/** As text, and as PostgreSQL and JSON show bytes: hex and base64 at each of the three offsets. */
const formsOf = (text: string): readonly string[] => [
  text,
  Buffer.from(text).toString('hex'),
  ...[0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), Buffer.from(text)])
      .toString('base64')
      .slice(4, -4),
  ),
]

const dumpOf = async ({ DATABASE_URL: url = '' }: Environment): Promise<string> => {
  const { stdout } = await promisify(execFile)(
    join(postgresBinaries(), 'pg_dump'),
    ['--inserts', url],
    { maxBuffer: 256 << 20 },
  )
  return stdout
}

const everyRow = async (owner: Database): Promise<string> => {
  const tables = await owner.query<{ name: string }>({
    text: `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`,
  })
  expect(tables.map(({ name }) => name)).toContain('log.issued_ids')
  const rows = await Promise.all(
    tables.map(({ name }) =>
      owner.query<{ row: string }>({ text: `select t::text as row from ${name} t` }),
    ),
  )
  return rows.flatMap((table) => table.map(({ row }) => row)).join('\n')
}
