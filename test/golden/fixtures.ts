import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Entry, parseEntry, type StoredEntry } from '@writ/event-log'

export const EVENTS = join(import.meta.dirname, 'events')
export const ATTACHMENTS = join(import.meta.dirname, 'attachments')
/** Hash and name of every fixture, by age: a fixture that is changed by mistake no longer agrees with it. */
export const RELEASED = join(import.meta.dirname, 'released.txt')

/** An entry as some release stored it. */
export interface Fixture extends StoredEntry {
  /** `<Type>.<schema>`, where there are several a case behind it. */
  readonly name: string
  readonly entry: Entry
}

/** All of them, as they stood in their ledgers. */
export const fixtures = (): readonly Fixture[] =>
  readdirSync(EVENTS)
    .map((file) => {
      const { hash, text } = JSON.parse(readFileSync(join(EVENTS, file), 'utf8'))
      const entry = parseEntry({ text })
      return { name: file.replace(/\.json$/, ''), hash, text, entry, position: entry.position }
    })
    .sort((a, b) =>
      a.entry.ledger === b.entry.ledger
        ? a.position - b.position
        : a.entry.ledger < b.entry.ledger
          ? -1
          : 1,
    )

/** Hash by name, as released. */
export const released = (): ReadonlyMap<string, string> =>
  new Map(
    (existsSync(RELEASED) ? readFileSync(RELEASED, 'utf8') : '')
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' ').reverse() as [string, string]),
  )

/** Content that an entry names by its digest. */
export const attachmentOf = (sha256Hex: string): string =>
  readFileSync(join(ATTACHMENTS, `${sha256Hex}.json`), 'utf8')
