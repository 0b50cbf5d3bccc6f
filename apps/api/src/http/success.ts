import type { FastifyReply } from 'fastify'

/**
 * The receipt without its `replayed` flag, which goes to the header: so the body of a repeat equals the first body
 * byte for byte.
 */
export const settled = <R extends { readonly replayed: boolean }>(
  reply: Pick<FastifyReply, 'header'>,
  receipt: R,
): Omit<R, 'replayed'> => {
  const { replayed, ...body } = receipt
  if (replayed) reply.header('Idempotency-Replayed', 'true')
  return body
}
