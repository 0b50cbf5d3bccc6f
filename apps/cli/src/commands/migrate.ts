import { migrateCheck, migrateDown, migrateUp, migrationStatus } from '@writ/database'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { type OutputOptions, print, printJson, table } from '../output.ts'
import { readConfig } from '../setup/config.ts'
import { openAsOwner } from '../setup/open-database.ts'

const asOwner = async <T>(
  work: (owner: Awaited<ReturnType<typeof openAsOwner>>) => Promise<T>,
): Promise<T> => {
  const owner = await openAsOwner(readConfig(process.env))
  try {
    return await work(owner)
  } finally {
    await owner.close()
  }
}

export const migrateUpCommand = ({ json }: OutputOptions): Promise<void> =>
  asOwner(async (owner) => {
    const applied = await migrateUp(owner)
    if (json) printJson({ applied })
    else print(applied.length === 0 ? 'Nothing to apply.' : `Applied: ${applied.join(', ')}`)
  })

export interface DownOptions extends OutputOptions {
  readonly to: number
  readonly yes?: boolean
}

/** Rolling back drops tables, the log among them: asked for twice, refused in production. */
export const migrateDownCommand = ({ to, yes, json }: DownOptions): Promise<void> =>
  asOwner(async (owner) => {
    const { profile } = readConfig(process.env)
    if (profile === 'production')
      throw new CommandFailed(
        EXIT.usage,
        'Migrations are not rolled back in production: it would drop the log.',
      )
    if (yes !== true)
      throw new CommandFailed(EXIT.usage, 'This drops tables and all they hold. Repeat with --yes.')
    if (!Number.isInteger(to) || to < 0) {
      throw new CommandFailed(EXIT.usage, '--to must be a whole number from 0.')
    }
    const reverted = await migrateDown(owner, { to })
    if (json) printJson({ reverted })
    else
      print(reverted.length === 0 ? 'Nothing to roll back.' : `Rolled back: ${reverted.join(', ')}`)
  })

export const migrateStatusCommand = ({ json }: OutputOptions): Promise<void> =>
  asOwner(async (owner) => {
    const status = await migrationStatus(owner)
    if (json) printJson(status)
    else
      print(
        table([
          ['migration', 'state', 'applied at'],
          ...status.map((one) => [one.name, one.state, one.appliedAt?.toISOString() ?? '']),
        ]),
      )
  })

export const migrateCheckCommand = ({ json }: OutputOptions): Promise<void> =>
  asOwner(async (owner) => {
    const findings = await migrateCheck(owner)
    if (json) printJson({ findings })
    else
      print(
        findings.length === 0
          ? 'The schema is the one of this release.'
          : findings.map((finding) => finding.message).join('\n'),
      )
    if (findings.length > 0) throw new CommandFailed(EXIT.checkFailed, '')
  })
