import type { IncomingMessage } from 'node:http'
import type { FastifyReply } from 'fastify'

/** How much of a body that nobody wants is read and thrown away. Unit: bytes. A client that is still writing does not
 *  read our answer and cannot use the connection again; an endless body must not keep us busy. */
export const DRAIN_BYTES_MAX = 8 * 1_048_576

/**
 * Keeps the connection usable after a refusal: Fastify would close it after every error of a body parser, although the
 * body has been read or is of bounded size. What is over {@link DRAIN_BYTES_MAX} is cut off.
 */
export const keepConnection = (
  reply: Pick<FastifyReply, 'header' | 'removeHeader'> & {
    readonly request: { readonly raw: IncomingMessage }
  },
): void => {
  const { raw } = reply.request
  if (!hasUnreadBody(raw) || Number(raw.headers['content-length'] ?? 0) <= DRAIN_BYTES_MAX) {
    reply.removeHeader('connection')
    drain(raw)
  } else {
    reply.header('connection', 'close')
  }
}

const hasUnreadBody = (raw: IncomingMessage): boolean =>
  raw.complete === false &&
  (raw.headers['content-length'] !== undefined || raw.headers['transfer-encoding'] !== undefined)

const drain = (raw: IncomingMessage): void => {
  if (!hasUnreadBody(raw)) return
  let read = 0
  raw.on('data', (chunk: Buffer) => {
    read += chunk.length
    if (read > DRAIN_BYTES_MAX) raw.socket.destroy()
  })
  raw.on('error', () => undefined)
  raw.resume()
}
