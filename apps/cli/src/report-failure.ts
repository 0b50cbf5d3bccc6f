import {
  DatabaseLocked,
  EmbeddedStartFailed,
  isConnectionFailure,
  MigrationRefused,
} from '@writ/database'
import { Problem } from '@writ/kernel'
import { CommanderError } from 'commander'
import { CommandFailed, EXIT } from './exit-codes.ts'
import { BadConfig } from './setup/config.ts'
import { isNotFoldedYet } from './setup/none-yet.ts'

/** Tells a person what went wrong, on standard error, and a machine by the exit code (DESIGN §8). */
export const report = (fault: unknown): number => {
  if (fault instanceof CommanderError) return fault.exitCode === 0 ? EXIT.ok : EXIT.usage
  const { code, text } = judged(fault)
  if (text !== '') process.stderr.write(`${text}\n`)
  return code
}

const judged = (fault: unknown): { code: number; text: string } => {
  if (fault instanceof CommandFailed) return { code: fault.exitCode, text: fault.message }
  if (fault instanceof Problem) return { code: EXIT.checkFailed, text: problemText(fault) }
  if (
    fault instanceof BadConfig ||
    fault instanceof DatabaseLocked ||
    fault instanceof EmbeddedStartFailed
  ) {
    return { code: EXIT.usage, text: fault.message }
  }
  if (fault instanceof MigrationRefused) return { code: EXIT.usage, text: fault.message }
  if (isConnectionFailure(fault))
    return { code: EXIT.couldNotJudge, text: `The database did not answer: ${fault.message}` }
  if (isNotFoldedYet(fault)) {
    const text =
      'No read model was folded in this database yet: run writ start, which does it, then ask again.'
    return { code: EXIT.couldNotJudge, text }
  }
  const system = fault as NodeJS.ErrnoException
  if (system?.code === 'ENOENT' || system?.code === 'EACCES' || system?.code === 'EADDRINUSE') {
    return { code: EXIT.usage, text: system.message }
  }
  return { code: EXIT.couldNotJudge, text: (fault as Error)?.stack ?? String(fault) }
}

const problemText = ({ code, detail, fields }: Problem): string => {
  const places = (fields.errors ?? []).map((place) => {
    const { line, column } = place as { line?: number; column?: number }
    const where = line === undefined ? place.pointer : `${line}:${column} ${place.pointer}`
    return `  ${where}  ${place.message}`
  })
  return [`${code}: ${detail}`, ...places].join('\n')
}
