import { stripTypeScriptTypes } from 'node:module'
import { init, parse } from 'es-module-lexer'
import type { SourceFile } from './repository.ts'

await init

/** One import or re-export of a file. */
export interface Import {
  readonly specifier: string
  /** The whole statement, for rules about names. */
  readonly statement: string
}

/** Types vanish when they are stripped, so those imports are read off the text; all others by a real lexer. */
const TYPE_IMPORT = /^(?:import|export) type [^'"]*? from ['"]([^'"]+)['"]/gm
const TYPE_QUERY = /\bimport\(['"]([^'"]+)['"]\)/g

export const importsOf = ({ path, text }: SourceFile): readonly Import[] => {
  const code = stripTypeScriptTypes(text, { mode: 'strip', sourceUrl: path })
  const [values] = parse(code, path)
  const found = values.flatMap(({ n, ss, se }) =>
    n === undefined ? [] : [{ specifier: n, statement: code.slice(ss, se) }],
  )
  for (const pattern of [TYPE_IMPORT, TYPE_QUERY]) {
    for (const match of text.matchAll(pattern)) {
      found.push({ specifier: match[1] as string, statement: match[0] })
    }
  }
  return found
}

/** `@scope/name/deep` and `name/deep` as the package they come from. */
export const packageNameOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

export const isRelative = (specifier: string): boolean => specifier.startsWith('.')
