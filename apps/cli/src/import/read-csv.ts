import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { CommandFailed, EXIT } from '../exit-codes.ts'

/** Hex SHA-256 of a file's bytes as they lie on disk. */
export const fileDigest = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

export type OnRead = (bytes: number, of: number) => void

/**
 * Rows of a CSV file, gzipped or not, as objects by column name.
 *
 * @param onRead how much of the file has been read, in bytes as they lie on disk; some buffers ahead of the rows
 * @throws CommandFailed  exit 2 where a column is missing or the file is no CSV, naming the line
 */
export async function* readCsv<Row>(
  path: string,
  columns: readonly string[],
  onRead: OnRead = () => {},
): AsyncGenerator<Row> {
  const parser = (await textOf(path, onRead)).pipe(
    parse({
      columns: (header: string[]) => {
        const missing = columns.filter((column) => !header.includes(column))
        if (missing.length > 0)
          throw new CommandFailed(EXIT.usage, `${path} lacks the columns ${missing.join(', ')}`)
        return header
      },
      bom: true,
      skipEmptyLines: true,
      maxRecordSize: 65_536,
    }),
  )
  try {
    for await (const row of parser) yield row as Row
  } catch (fault) {
    if (fault instanceof CommandFailed) throw fault
    throw new CommandFailed(
      EXIT.usage,
      `${path} cannot be read as CSV: ${(fault as Error).message}`,
    )
  }
}

const textOf = async (path: string, onRead: OnRead): Promise<Readable> => {
  const file = await open(path)
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
  const { size } = await file.stat()
  await file.close()
  const bytes = createReadStream(path)
  bytes.on('data', () => onRead(bytes.bytesRead, size))
  if (buffer[0] !== 0x1f || buffer[1] !== 0x8b) return bytes
  const gunzip = createGunzip()
  bytes.on('error', (fault) => gunzip.destroy(fault))
  return bytes.pipe(gunzip)
}
