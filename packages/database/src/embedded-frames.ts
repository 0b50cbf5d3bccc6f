import { deserialize, serialize } from 'node:v8'

/** Length prefix: 4 bytes, big endian. */
const PREFIX_BYTES = 4

/** Larger than any page of entries. A longer frame is a broken peer, not a message. Unit: bytes. */
const FRAME_BYTES_MAX = 512 * 1024 * 1024

/** One message as bytes: its length, then V8's own form, which keeps BigInt, Uint8Array, Date and undefined. */
export const encodeFrame = (message: unknown): Buffer => {
  const body = serialize(message)
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + body.length)
  frame.writeUInt32BE(body.length, 0)
  body.copy(frame, PREFIX_BYTES)
  return frame
}

/** Cuts a byte stream into messages. Chunks are joined once a frame, however many a large one arrives in. */
export const frameDecoder = (onMessage: (message: unknown) => void): ((chunk: Buffer) => void) => {
  let chunks: Buffer[] = []
  let bytes = 0
  let wanted = PREFIX_BYTES
  return (chunk) => {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes < wanted) return
    let data = chunks.length === 1 ? chunk : Buffer.concat(chunks, bytes)
    wanted = PREFIX_BYTES
    while (data.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + data.readUInt32BE(0)
      if (end > FRAME_BYTES_MAX) throw new RangeError(`a frame of ${end} bytes is too long`)
      if (data.length < end) {
        wanted = end
        break
      }
      onMessage(deserialize(data.subarray(PREFIX_BYTES, end)))
      data = data.subarray(end)
    }
    chunks = data.length === 0 ? [] : [data]
    bytes = data.length
  }
}
