import pg from 'pg'
import { ConnectionFailure } from './sql-errors.ts'

/** Waits between attempts to reconnect. Unit: ms. Hints may be lost meanwhile; polling is the truth, so no hurry. */
const RECONNECT_MS_MIN = 100
const RECONNECT_MS_MAX = 5_000

type OnHint = (payload: string) => void

/**
 * One connection of its own for LISTEN, opened when first needed and reopened for ever after a loss. It runs no
 * queries: a pooled connection could be taken away, and LISTEN does not survive a transaction pooler.
 */
export class ServerListener {
  readonly #config: pg.ClientConfig
  readonly #channels = new Map<string, Set<OnHint>>()
  #client: Promise<pg.Client> | undefined
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(config: pg.ClientConfig) {
    this.#config = config
  }

  /** Returns when the server has confirmed; the returned function stops it. */
  async listen(channel: string, onHint: OnHint): Promise<() => Promise<void>> {
    if (this.#closed)
      throw new ConnectionFailure('not-written', new Error('the database is closed'))
    const hearers = this.#channels.get(channel) ?? new Set<OnHint>()
    this.#channels.set(channel, hearers)
    // Wrapped, so that the same function given twice is two hearers.
    const hearer: OnHint = (payload) => onHint(payload)
    hearers.add(hearer)
    try {
      await (await this.#connected()).query(`listen ${pg.escapeIdentifier(channel)}`)
    } catch (error) {
      hearers.delete(hearer)
      throw new ConnectionFailure('not-written', error)
    }
    return () => this.#stop(channel, hearer)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    const client = this.#client
    this.#client = undefined
    await client?.then((open) => open.end()).catch(() => {})
  }

  async #stop(channel: string, hearer: OnHint): Promise<void> {
    const hearers = this.#channels.get(channel)
    if (hearers === undefined || !hearers.delete(hearer) || hearers.size > 0) return
    this.#channels.delete(channel)
    const client = await this.#client?.catch(() => undefined)
    // When the connection is lost the channel is gone with it.
    await client?.query(`unlisten ${pg.escapeIdentifier(channel)}`).catch(() => {})
  }

  #connected(): Promise<pg.Client> {
    this.#client ??= this.#connect()
    return this.#client
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#config)
    client.on('notification', ({ channel, payload }) => {
      for (const hearer of this.#channels.get(channel) ?? []) hearer(payload ?? '')
    })
    client.on('error', () => {})
    try {
      await client.connect()
      client.once('end', () => this.#lost())
      for (const channel of this.#channels.keys()) {
        await client.query(`listen ${pg.escapeIdentifier(channel)}`)
      }
      return client
    } catch (error) {
      this.#client = undefined
      client.end().catch(() => {})
      throw error
    }
  }

  #lost(attempt = 0): void {
    this.#client = undefined
    clearTimeout(this.#retry)
    if (this.#closed) return
    const waitMs = Math.min(RECONNECT_MS_MAX, RECONNECT_MS_MIN * 2 ** Math.min(attempt, 10))
    this.#retry = setTimeout(() => {
      if (this.#channels.size === 0) return
      this.#connected().catch(() => this.#lost(attempt + 1))
    }, waitMs)
    this.#retry.unref()
  }
}
