import type { Socket } from 'node:net'
import { APP_ROLE } from './database.ts'
import { encodeFrame, frameDecoder } from './embedded-frames.ts'
import {
  type HostError,
  type HostMessage,
  type HostRequest,
  type HostResult,
  type NumberedRequest,
  PROTOCOL_VERSION,
  SQL_ERROR_FIELDS,
} from './embedded-protocol.ts'
import { type EmbeddedSession, OpenFailed, SessionBroken } from './embedded-session.ts'
import { isSqlError } from './sql-errors.ts'

/** A transaction that idles longer holds up everybody else: it is rolled back. Unit: ms; the server's value, too. */
const IDLE_IN_TRANSACTION_MS = 30_000

interface HostCallbacks {
  readonly stop: () => void
  readonly broken: (error: unknown) => void
  readonly closed: () => void
}

/** A transaction of a client: it has the session to itself. Its commands run in the order of their arrival. */
interface OpenTransaction {
  readonly release: () => Promise<void>
  idle: NodeJS.Timeout | undefined
}

/** One client of the host: answers its requests, and rolls back what it leaves open when it goes. */
export class HostConnection {
  readonly #socket: Socket
  readonly #session: Promise<EmbeddedSession>
  readonly #callbacks: HostCallbacks
  readonly #channels = new Set<string>()
  readonly #transactions = new Map<number, OpenTransaction>()
  #role = APP_ROLE
  #gone = false
  #refusing = false

  constructor(socket: Socket, session: Promise<EmbeddedSession>, callbacks: HostCallbacks) {
    this.#socket = socket
    this.#session = session
    this.#callbacks = callbacks
    const decode = frameDecoder((message) => this.#serve(message as NumberedRequest))
    socket.on('data', (chunk) => {
      try {
        decode(chunk)
      } catch {
        socket.destroy()
      }
    })
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#gone = true
      for (const tx of this.#transactions.keys()) this.#abandon(tx)
      callbacks.closed()
    })
  }

  hint(channel: string, payload: string): void {
    if (this.#channels.has(channel)) this.#send({ channel, payload })
  }

  /** The host is closing: what waits for its turn is not begun any more. */
  refuseMore(): void {
    this.#refusing = true
    for (const tx of this.#transactions.keys()) this.#abandon(tx)
  }

  async #serve({ id, request }: NumberedRequest): Promise<void> {
    try {
      this.#send({ id, result: await this.#answer(request) })
    } catch (error) {
      // Whether the command was carried out nobody knows: the lost connection says just that.
      if (error instanceof SessionBroken) this.#callbacks.broken(error)
      else this.#send({ id, error: hostError(error) })
    }
  }

  async #answer(request: HostRequest): Promise<HostResult | undefined> {
    if (request.do === 'stop') {
      this.#callbacks.stop()
      return undefined
    }
    const session = await this.#session
    switch (request.do) {
      case 'hello':
        if (request.version !== PROTOCOL_VERSION) {
          throw new Refused(`the host speaks version ${PROTOCOL_VERSION} of its protocol`)
        }
        this.#role = request.role
        return undefined
      case 'run':
        return this.#inTurn(session, request.tx, () => session.run(request.text, request.values))
      case 'script':
        await this.#inTurn(session, request.tx, () => session.script(request.text))
        return undefined
      case 'begin':
        return this.#begin(session, request.tx)
      case 'commit':
        return this.#end(session, request.tx, 'commit')
      case 'rollback':
        return this.#end(session, request.tx, 'rollback')
      case 'listen':
        this.#channels.add(request.channel)
        await this.#alone(session, () => session.listen(request.channel))
        return undefined
      case 'unlisten':
        // The session goes on listening: another client may, and a hint that nobody wants costs nothing.
        this.#channels.delete(request.channel)
        return undefined
    }
  }

  #inTurn<T>(session: EmbeddedSession, tx: number | undefined, work: () => Promise<T>): Promise<T> {
    return tx === undefined ? this.#alone(session, work) : this.#inside(tx, work)
  }

  /** A command that is a unit of work by itself. */
  async #alone<T>(session: EmbeddedSession, work: () => Promise<T>): Promise<T> {
    this.#stillWanted()
    const turn = await session.acquire(this.#role)
    try {
      this.#stillWanted()
      const result = await work()
      if (session.inTransaction) {
        throw new LeftOpen()
      }
      return result
    } finally {
      await turn.release()
    }
  }

  async #inside<T>(tx: number, work: () => Promise<T>): Promise<T> {
    const open = this.#open(tx)
    clearTimeout(open.idle)
    try {
      return await work()
    } finally {
      if (this.#transactions.has(tx)) this.#watch(tx, open)
    }
  }

  async #begin(session: EmbeddedSession, tx: number): Promise<undefined> {
    this.#stillWanted()
    const turn = await session.acquire(this.#role)
    try {
      this.#stillWanted()
      await session.script('begin isolation level read committed')
    } catch (error) {
      await turn.release()
      throw error
    }
    const open: OpenTransaction = { release: turn.release, idle: undefined }
    this.#transactions.set(tx, open)
    this.#watch(tx, open)
  }

  async #end(session: EmbeddedSession, tx: number, how: 'commit' | 'rollback'): Promise<undefined> {
    const open = this.#open(tx)
    clearTimeout(open.idle)
    this.#transactions.delete(tx)
    try {
      const tag = await session.script(how)
      if (how === 'commit' && tag !== 'COMMIT') throw new RolledBack()
    } finally {
      await open.release()
    }
  }

  #open(tx: number): OpenTransaction {
    const open = this.#transactions.get(tx)
    if (open === undefined) {
      throw new Refused('the transaction was rolled back: it idled for too long', '25P03')
    }
    return open
  }

  #watch(tx: number, open: OpenTransaction): void {
    clearTimeout(open.idle)
    open.idle = setTimeout(() => this.#abandon(tx), IDLE_IN_TRANSACTION_MS)
  }

  /** Whoever takes the session back rolls back what is open in it. */
  #abandon(tx: number): void {
    const open = this.#transactions.get(tx)
    if (open === undefined) return
    clearTimeout(open.idle)
    this.#transactions.delete(tx)
    open.release().catch((error) => this.#callbacks.broken(error))
  }

  /** The client went away while its request waited: it must not be carried out for nobody. */
  #stillWanted(): void {
    if (this.#gone || this.#refusing) throw new Closing()
  }

  #send(message: HostMessage): void {
    if (!this.#socket.destroyed) this.#socket.write(encodeFrame(message))
  }
}

class Closing extends Error {}
class RolledBack extends Error {}
class LeftOpen extends Error {}
class Refused extends Error {
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}

const hostError = (error: unknown): HostError => {
  if (error instanceof RolledBack) return { kind: 'rolled-back' }
  if (error instanceof OpenFailed) return { kind: 'open-failed', message: error.message }
  if (error instanceof LeftOpen) return { kind: 'left-open' }
  if (error instanceof Closing) return { kind: 'closing' }
  if (error instanceof Refused) {
    return { kind: 'refused', message: error.message, code: error.code }
  }
  if (!isSqlError(error)) return { kind: 'refused', message: String(error), code: undefined }
  const fields = Object.fromEntries(
    SQL_ERROR_FIELDS.map((name) => [name, error[name]] as const).filter(
      ([, value]) => value !== undefined,
    ),
  )
  return { kind: 'sql', message: error.message, fields }
}
