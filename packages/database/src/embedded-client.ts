import { connect, type Socket } from 'node:net'
import { encodeFrame, frameDecoder } from './embedded-frames.ts'
import type {
  HostError,
  HostMessage,
  HostRequest,
  HostResult,
  SqlErrorFields,
} from './embedded-protocol.ts'
import {
  ConnectionFailure,
  type SqlError,
  TransactionLeftOpen,
  TransactionRolledBack,
} from './sql-errors.ts'

/** What a request leaves behind when its answer never comes. */
type LossMeans = 'not-written' | 'unknown'

interface Waiting {
  readonly lossMeans: LossMeans
  readonly resolve: (result: HostResult | undefined) => void
  readonly reject: (error: unknown) => void
}

/** The client's end of the socket to the host: requests are answered in any order, by number. */
export class HostClient {
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  readonly #onHint: (channel: string, payload: string) => void
  readonly #closed: Promise<void>
  #lastId = 0
  #onIdle = (): void => {}
  #lost = false

  private constructor(
    socket: Socket,
    onHint: (channel: string, payload: string) => void,
    onLost: () => void,
  ) {
    this.#socket = socket
    this.#onHint = onHint
    const decode = frameDecoder((message) => this.#receive(message as HostMessage))
    socket.on('data', decode)
    socket.on('error', () => {})
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#lost = true
        for (const { lossMeans, reject } of this.#waiting.values()) {
          reject(new ConnectionFailure(lossMeans, new Error('the host of the database has gone')))
        }
        this.#waiting.clear()
        this.#onIdle()
        onLost()
        resolve()
      })
    })
  }

  /** @throws NodeJS.ErrnoException  nobody listens at this path */
  static open(
    path: string,
    onHint: (channel: string, payload: string) => void,
    onLost: () => void,
  ): Promise<HostClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path)
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new HostClient(socket, onHint, onLost))
      })
    })
  }

  get lost(): boolean {
    return this.#lost
  }

  async request(request: HostRequest, lossMeans: LossMeans): Promise<HostResult | undefined> {
    if (this.#lost) {
      throw new ConnectionFailure('not-written', new Error('the host of the database has gone'))
    }
    const id = ++this.#lastId
    const frame = encodeFrame({ id, request })
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { lossMeans, resolve, reject })
      this.#socket.write(frame)
    })
  }

  /** Lets what is under way finish, then goes. */
  async close(): Promise<void> {
    if (this.#waiting.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    }
    this.#socket.end()
    await this.#closed
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Resolves when the host has gone. */
  get closed(): Promise<void> {
    return this.#closed
  }

  #receive(message: HostMessage): void {
    if ('channel' in message) {
      this.#onHint(message.channel, message.payload)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if ('error' in message) waiting?.reject(clientError(message.error))
    else waiting?.resolve(message.result)
    if (this.#waiting.size === 0) this.#onIdle()
  }
}

/** An error of the embedded database with the fields that the server's driver gives. */
class EmbeddedSqlError extends Error implements SqlError {
  declare readonly code: string
  declare readonly severity: string | undefined
  declare readonly detail: string | undefined
  declare readonly hint: string | undefined
  declare readonly where: string | undefined
  declare readonly schema: string | undefined
  declare readonly table: string | undefined
  declare readonly column: string | undefined
  declare readonly constraint: string | undefined
  declare readonly position: string | undefined

  constructor(message: string, fields: SqlErrorFields) {
    super(message)
    this.name = 'SqlError'
    Object.assign(this, fields)
  }
}

const clientError = (error: HostError): Error => {
  switch (error.kind) {
    case 'sql':
      return new EmbeddedSqlError(error.message, error.fields)
    case 'rolled-back':
      return new TransactionRolledBack()
    case 'left-open':
      return new TransactionLeftOpen()
    case 'closing':
      return new ConnectionFailure('not-written', new Error('the host of the database is closing'))
    case 'open-failed':
      return new Error(error.message)
    case 'refused':
      return Object.assign(new Error(error.message), error.code && { code: error.code })
  }
}
