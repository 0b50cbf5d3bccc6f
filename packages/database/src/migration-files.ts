import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** One `NNNN_verb_noun.sql`, its includes put in place. */
export interface Migration {
  /** File name without `.sql`. */
  readonly name: string
  readonly number: number
  readonly why: string
  readonly locks: string
  /** Set when code of the release before must not run on the new schema. */
  readonly breaking: string | undefined
  readonly up: string
  readonly down: string
  /** hex SHA-256 of the text with its includes: of what really runs. */
  readonly digest: string
}

/** A migration file that cannot be used. */
export class MigrationUnreadable extends Error {
  constructor(file: string, what: string) {
    super(`migration ${file}: ${what}`)
    this.name = 'MigrationUnreadable'
  }
}

export const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('../../../migrations/', import.meta.url))

/** Every migration of a directory, in order of number. @throws MigrationUnreadable */
export const readMigrations = async (
  directory: string = MIGRATIONS_DIRECTORY,
): Promise<readonly Migration[]> => {
  const files = (await readdir(directory)).filter((file) => /^\d.*\.sql$/.test(file)).sort()
  const migrations = await Promise.all(files.map((file) => readMigration(directory, file)))
  migrations.forEach((migration, i) => {
    if (migration.number === i + 1) return
    throw new MigrationUnreadable(
      `${migration.name}.sql`,
      `the number should be ${String(i + 1).padStart(4, '0')}: numbers run from 0001 without a gap`,
    )
  })
  return migrations
}

const FILE_NAME = /^(\d{4})_[a-z0-9]+(_[a-z0-9]+)+\.sql$/

const readMigration = async (directory: string, file: string): Promise<Migration> => {
  const named = FILE_NAME.exec(file)
  if (named === null) throw new MigrationUnreadable(file, 'name it NNNN_verb_noun.sql')
  const lines = (await readFile(`${directory}/${file}`, 'utf8')).split(/\r?\n/)
  const [upAt, downAt] = sectionLines(file, lines)
  if (downAt < upAt) throw new MigrationUnreadable(file, '`-- up` comes before `-- down`')
  const header = lines.slice(0, upAt)
  const [up, down] = await Promise.all([
    withIncludes(directory, file, lines.slice(upAt + 1, downAt)),
    withIncludes(directory, file, lines.slice(downAt + 1)),
  ])
  if (up.trim() === '') throw new MigrationUnreadable(file, 'nothing stands under `-- up`')
  if (down.trim() === '') throw new MigrationUnreadable(file, 'nothing stands under `-- down`')
  return {
    name: file.slice(0, -'.sql'.length),
    number: Number(named[1]),
    why: needed(file, header, 'why'),
    locks: needed(file, header, 'locks'),
    breaking: headerField(header, 'breaking'),
    up,
    down,
    digest: createHash('sha256')
      .update(`${header.join('\n')}\n-- up\n${up}\n-- down\n${down}`)
      .digest('hex'),
  }
}

const sectionLines = (file: string, lines: readonly string[]): [up: number, down: number] => {
  const [up, down] = ['-- up', '-- down'].map((wanted) => {
    const at = lines.indexOf(wanted)
    if (at === -1) throw new MigrationUnreadable(file, `a line \`${wanted}\` is missing`)
    return at
  }) as [number, number]
  for (const [wanted, at] of [
    ['-- up', up],
    ['-- down', down],
  ] as const) {
    if (lines.indexOf(wanted, at + 1) === -1) continue
    throw new MigrationUnreadable(file, `the line \`${wanted}\` stands there twice`)
  }
  return [up, down]
}

/** The text after `-- name:`, continued on following comment lines. */
const headerField = (header: readonly string[], name: string): string | undefined => {
  const at = header.findIndex((line) => line.startsWith(`-- ${name}:`))
  if (at === -1) return undefined
  const parts = [(header[at] as string).slice(`-- ${name}:`.length).trim()]
  for (const line of header.slice(at + 1)) {
    if (!/^--\s/.test(line) || /^-- \w+:/.test(line)) break
    parts.push(line.slice(2).trim())
  }
  return parts.join(' ')
}

const needed = (file: string, header: readonly string[], name: string): string => {
  const text = headerField(header, name)
  if (text === undefined || text === '') {
    throw new MigrationUnreadable(file, `the header line \`-- ${name}: …\` is missing or empty`)
  }
  return text
}

const INCLUDE = /^-- include:\s*(\S+)\s*$/

const withIncludes = async (
  directory: string,
  file: string,
  lines: readonly string[],
): Promise<string> => {
  const parts = lines.map(async (line) => {
    const included = INCLUDE.exec(line)?.[1]
    if (included === undefined) return line
    if (included.includes('..') || included.startsWith('/')) {
      throw new MigrationUnreadable(file, `${included} lies outside the migrations`)
    }
    try {
      return (await readFile(`${directory}/${included}`, 'utf8')).replaceAll('\r\n', '\n')
    } catch {
      throw new MigrationUnreadable(file, `the included file ${included} cannot be read`)
    }
  })
  return (await Promise.all(parts)).join('\n')
}
