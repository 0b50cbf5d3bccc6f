const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/**
 * W3C Trace Context, level 1: the header as it came, or nothing where it is not valid. A higher version is read by the
 * rules of version 00 and passed on as such. An invalid one is ignored, as the recommendation asks, never refused.
 */
export const validTraceparent = (sent: unknown): string | undefined => {
  if (typeof sent !== 'string' || sent.length > 256) return undefined
  const match = TRACEPARENT.exec(sent)
  if (match === null) return undefined
  const [, version, traceId = '', parentId = '', flags, rest] = match
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined
  return `00-${traceId}-${parentId}-${flags}`
}
