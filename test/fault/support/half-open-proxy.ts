import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * What the network does to both sides. `swallow replies`: the server works, nobody hears it. `black hole`: nothing
 * arrives anywhere and no connection closes, as behind a router that lost its table.
 */
export type NetworkFault = 'none' | 'swallow replies' | 'black hole'

/** Stands between a pool and the test server's unix socket, and can make live connections half-open. */
export class HalfOpenProxy {
  fault: NetworkFault = 'none'
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(socketPath: string) {
    this.#server = createServer((client) => this.#join(client, connect(socketPath)))
  }

  /** @param url of the server behind it, with the directory of its unix socket as `host` */
  static async before(url: string): Promise<HalfOpenProxy> {
    const directory = new URL(url).searchParams.get('host')
    if (directory === null) throw new Error(`${url} names no unix socket`)
    const proxy = new HalfOpenProxy(`${directory}/.s.PGSQL.5432`)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  /** The same database, through the proxy. */
  url(behind: string): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed')
    return `postgres://writ@127.0.0.1:${address.port}${new URL(behind).pathname}`
  }

  /** Ends every connection: what a keep-alive probe does to a half-open one in the end. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(client: Socket, server: Socket): void {
    this.#carry(client, server, () => this.fault === 'black hole')
    this.#carry(server, client, () => this.fault !== 'none')
  }

  #carry(from: Socket, to: Socket, swallows: () => boolean): void {
    this.#sockets.add(from)
    from.on('data', (bytes) => {
      if (!swallows()) to.write(bytes)
    })
    from.on('error', () => from.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      if (!swallows() || to.destroyed) to.destroy()
    })
  }
}
