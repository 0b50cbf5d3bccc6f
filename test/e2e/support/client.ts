import { randomUUID } from 'node:crypto'

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  json<T = Readonly<Record<string, unknown>>>(): T
}

export type SentHeaders = Readonly<Record<string, string>>

/** A caller with one credential. Where a route wants an Idempotency-Key, a `put` sends a new one. */
export interface Client {
  get(path: string, headers?: SentHeaders): Promise<Reply>
  post(path: string, body: unknown, headers?: SentHeaders): Promise<Reply>
  put(path: string, body: unknown, headers?: SentHeaders): Promise<Reply>
}

/** The parts of a decision that tests look at. */
export interface Decision {
  readonly id: string
  readonly subject: { readonly type: string; readonly id: string }
  readonly outcome: string
  readonly autonomyLevel: string
  readonly neededLevel: string | null
  readonly codes: readonly string[]
  readonly policy: { readonly version: string; readonly ref: string; readonly digest: string }
  readonly log: {
    readonly ledger: string
    readonly position: number
    readonly hash: string
    readonly prev: string
  }
}

export const client = (url: string, token: string): Client => {
  const send = async (
    method: string,
    path: string,
    parts: { readonly body?: unknown; readonly headers?: SentHeaders },
  ): Promise<Reply> => {
    const { body, headers } = parts
    const isText = typeof body === 'string'
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined
          ? {}
          : { 'content-type': isText ? 'text/yaml' : 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const { status, headers: received } = response
    return { status, headers: received, text, json: <T>() => JSON.parse(text) as T }
  }
  return {
    get: (path, headers = {}) => send('GET', path, { headers }),
    post: (path, body, headers = {}) => send('POST', path, { body, headers }),
    put: (path, body, headers = {}) =>
      send('PUT', path, { body, headers: { 'idempotency-key': randomUUID(), ...headers } }),
  }
}

/** A request for a discount by a customer: approved at AL1 unless told otherwise. */
export const discount = (
  request: object = { discount: 0.04, margin: 0.31 },
  customer = 'ada-lovelace',
) => ({ action: 'discount', subject: { type: 'customer', id: customer }, request })

export const decide = (caller: Client, request?: object, headers?: SentHeaders): Promise<Reply> =>
  caller.post('/decisions/finance', discount(request), headers)

/** A decision that must be made. */
export const decided = async (
  caller: Client,
  request?: object,
  headers?: SentHeaders,
): Promise<Decision> => {
  const reply = await decide(caller, request, headers)
  if (reply.status !== 201) throw new Error(`no decision: ${reply.status} ${reply.text}`)
  return reply.json<Decision>()
}
