import { connect, createServer, type Socket } from 'node:net'

/** Passes requests on, and instead of the first reply that comes back runs `instead` and hangs up. */
export const lossyProxy = async (
  target: string,
  instead: () => Promise<void>,
): Promise<{ readonly url: string; close(): void }> => {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const server = createServer((caller) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [caller, upstream]) {
      sockets.add(socket)
      // Both ends are cut on purpose: a reset is no fault of the test.
      socket.on('error', () => {})
    }
    caller.pipe(upstream)
    upstream.once('data', () => {
      void instead().then(() => caller.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
