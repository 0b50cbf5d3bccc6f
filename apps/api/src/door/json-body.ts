import { isUtf8 } from 'node:buffer'
import { Problem, parseStrictJson, StrictJsonError } from '@writ/kernel'
import type { FastifyRequest } from 'fastify'
import type { Api } from '../api.ts'
import { Refused } from '../http/refused.ts'

/** The one door for JSON: bytes → UTF-8, no byte order mark → the kernel's strict parser. */
export const acceptJson = (
  api: Pick<Api, 'addContentTypeParser'>,
  types: readonly string[],
): void => {
  api.addContentTypeParser([...types], { parseAs: 'buffer' }, (request, bytes, done) => {
    refuseEncoded(request)
    if (isAbsent(request, bytes as Buffer)) return done(null, undefined)
    return done(null, jsonOf(bytes as Buffer))
  })
}

/** The door for policies as text: their own reader judges what stands in it. */
export const acceptPolicyText = (
  api: Pick<Api, 'addContentTypeParser'>,
  types: readonly string[],
): void => {
  api.addContentTypeParser([...types], { parseAs: 'buffer' }, (request, body, done) => {
    refuseEncoded(request)
    const bytes = body as Buffer
    if (isUtf8(bytes)) return done(null, bytes.toString('utf8'))
    throw new Refused(
      new Problem('policy-unreadable', `The text is not UTF-8 at byte ${firstInvalidByte(bytes)}.`),
    )
  })
}

/** Clients send a JSON content type without a body to routes that take none, or may do without. */
const isAbsent = ({ routeOptions }: FastifyRequest, bytes: Buffer): boolean => {
  if (bytes.length > 0) return false
  const body = routeOptions.schema?.body as { anyOf?: readonly { type?: unknown }[] } | undefined
  return body === undefined || (body.anyOf?.some(({ type }) => type === 'null') ?? false)
}

const refuseEncoded = ({ headers }: FastifyRequest): void => {
  const encoding = headers['content-encoding']
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return
  throw new Refused(
    new Problem('content-type-unsupported', 'Send the body without Content-Encoding.'),
  )
}

const jsonOf = (bytes: Buffer): unknown => {
  const text = utf8Of(bytes)
  try {
    return parseStrictJson(text)
  } catch (error) {
    if (error instanceof StrictJsonError) throw malformed(error.message, error)
    throw error
  }
}

const utf8Of = (bytes: Buffer): string => {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  const offset = firstInvalidByte(bytes)
  throw malformed('the bytes are not UTF-8', {
    pointer: pointerAtEndOf(bytes.toString('utf8', 0, offset)),
    offset,
  })
}

const malformed = (
  message: string,
  { pointer, offset }: { readonly pointer: string; readonly offset: number },
): Refused =>
  new Refused(
    new Problem('malformed-json', `The body cannot be read at offset ${offset}: ${message}.`, {
      errors: [{ pointer, message }],
      offset,
    }),
  )

/** The length of the longest prefix that can still be UTF-8, by halving: decoding is fast, and this is the rare way. */
const firstInvalidByte = (bytes: Buffer): number => {
  let good = 0
  let bad = bytes.length
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1
    if (mayBeginUtf8(bytes.subarray(0, middle))) good = middle
    else bad = middle
  }
  return good
}

const mayBeginUtf8 = (bytes: Buffer): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

/** Where in the value a broken text ends: the strict parser stumbles over the missing rest at just that place. */
const pointerAtEndOf = (text: string): string => {
  try {
    parseStrictJson(text)
    return ''
  } catch (error) {
    return error instanceof StrictJsonError ? error.pointer : ''
  }
}
