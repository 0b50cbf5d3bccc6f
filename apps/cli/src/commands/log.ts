import { once } from 'node:events'
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  type Anchor,
  exportLedger,
  LogDetached,
  type LogTables,
  parseAnchors,
  type SealedReport,
  type Verification,
  verifyExport,
  verifyLedger,
} from '@writ/event-log'
import { type LedgerName, ledgerName, mainLedger } from '@writ/kernel'
import { sealedJudge } from '@writ/privacy'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { type OutputOptions, print, printJson } from '../output.ts'
import { progress } from '../progress.ts'
import { type Config, readConfig } from '../setup/config.ts'
import { monotonic } from '../setup/system-clock.ts'
import { withRuntime } from '../setup/with-runtime.ts'

export interface VerifyOptions extends OutputOptions {
  readonly ledger?: string
  /** Hashes and links only. */
  readonly links?: boolean
  readonly anchors?: string
  /** An export instead of the database. */
  readonly file?: string
}

/** Verifies every ledger, or the one named; exit 4 when anything is found, 3 when it could not judge. */
export const verifyLog = async (options: VerifyOptions): Promise<void> => {
  const config = readConfig(process.env)
  const anchors = readAnchors(options.anchors, config.anchorFile)
  const results =
    options.file === undefined
      ? await verifyDatabase(options, anchors, config)
      : [await verifyFile(options.file, options, { anchors, origin: config.origin })]
  if (results.length === 0)
    throw new CommandFailed(
      EXIT.couldNotJudge,
      'There is no ledger to verify. Run writ start first.',
    )
  const broken = results.some((result) => result.findingCount > 0)
  if (options.json) printJson({ status: broken ? 'broken' : 'ok', ledgers: results })
  else for (const result of results) print(reportOf(result))
  if (broken) throw new CommandFailed(EXIT.integrityBroken, '')
}

/** Named on the command line it must be there; the default file may not exist yet. */
const readAnchors = (named: string | undefined, fallback: string): readonly Anchor[] => {
  const file = named ?? fallback
  if (named === undefined && !existsSync(file)) return []
  if (!existsSync(file))
    throw new CommandFailed(EXIT.couldNotJudge, `There is no anchor file ${file}.`)
  return parseAnchors(readFileSync(file, 'utf8'))
}

const anchorsOf = (
  anchors: readonly Anchor[],
  origin: string,
  ledger: LedgerName,
): readonly Anchor[] => anchors.filter((anchor) => anchor.origin === `${origin}/${ledger}`)

/** Asked before anything else: the first runtime of a home makes a key where there was none, and it opens nothing. */
const hasMasterKey = ({ masterKey, home }: Config): boolean =>
  masterKey !== undefined || existsSync(join(home, 'master.key'))

const verifyDatabase = (
  options: VerifyOptions,
  anchors: readonly Anchor[],
  config: Config,
): Promise<Verification[]> => {
  const { origin } = config
  const mayOpen = hasMasterKey(config)
  return withRuntime(async ({ database, deps }) => {
    // A ledger that only the anchors know of was dropped as a whole: it is verified too, and found too short.
    const known = new Set([...(await deps.reader.ledgers()), ...anchoredLedgers(anchors, origin)])
    const results: Verification[] = []
    for (const ledger of options.ledger === undefined ? known : [nameOf(options.ledger)]) {
      if (!known.has(ledger))
        throw new CommandFailed(EXIT.couldNotJudge, `There is no ledger ${ledger}.`)
      const bar = progress(`verify ${ledger}`, options.json === true)
      results.push(
        await verifyLedger(database.kysely<LogTables>(), ledger, {
          depth: options.links ? 'links' : 'full',
          anchors: anchorsOf(anchors, origin, ledger),
          now: monotonic,
          onProgress: bar.update,
          ...(mayOpen ? { sealed: sealedJudge(deps.vault) } : {}),
        }),
      )
      bar.stop()
    }
    return results
  })
}

const anchoredLedgers = (anchors: readonly Anchor[], origin: string): readonly LedgerName[] =>
  anchors
    .filter((anchor) => anchor.origin.startsWith(`${origin}/`))
    .map((anchor) => ledgerName(anchor.origin.slice(origin.length + 1)))
    .filter((ledger) => ledger !== undefined)

const verifyFile = async (
  file: string,
  options: VerifyOptions,
  known: { readonly anchors: readonly Anchor[]; readonly origin: string },
): Promise<Verification> => {
  if (options.ledger === undefined)
    throw new CommandFailed(
      EXIT.usage,
      'Name the ledger of the export with --ledger: an auditor must not take it from the file.',
    )
  if (!existsSync(file)) throw new CommandFailed(EXIT.usage, `There is no file ${file}.`)
  const ledger = nameOf(options.ledger)
  const lines = createInterface({
    input: createReadStream(file, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  })
  return verifyExport(lines, ledger, {
    anchors: anchorsOf(known.anchors, known.origin, ledger),
    now: monotonic,
  })
}

const nameOf = (text: string): LedgerName => {
  const ledger = ledgerName(text)
  if (ledger === undefined)
    throw new CommandFailed(EXIT.usage, `${text} is no ledger name; write tenant/name.`)
  return ledger
}

const FINDINGS_SHOWN = 20

const reportOf = (result: Verification): string => {
  const rate = Math.round(result.entries / Math.max(0.001, result.seconds))
  const verdict = result.findingCount === 0 ? 'verified' : `BROKEN, ${result.findingCount} findings`
  const lines = [
    `${result.ledger}: ${verdict}; ${result.entries} entries in ${result.seconds.toFixed(1)} s (${rate}/s), head ${result.head.slice(0, 16)}…`,
    anchorReport(result),
    sealedReport(result.sealed),
  ]
  if (result.detachedTo > 0)
    lines.push(
      `  positions 1 to ${result.detachedTo} are detached, not verified here: the end of their chain and tree is what this log goes on from`,
    )
  for (const { code, position, expected, found } of result.findings.slice(0, FINDINGS_SHOWN)) {
    lines.push(`  position ${position}: ${code}: expected ${expected}, found ${found}`)
  }
  if (result.findingCount > FINDINGS_SHOWN)
    lines.push(`  … ${result.findingCount - FINDINGS_SHOWN} more; see --json`)
  return lines.join('\n')
}

const anchorReport = ({ anchoredTo, entries, detachedTo }: Verification): string => {
  const last = detachedTo + entries
  if (anchoredTo === 0)
    return '  unanchored range: all of it. A cut tail cannot be seen without a size and root kept outside the database (--anchors FILE).'
  if (anchoredTo < last)
    return `  anchored to position ${anchoredTo}; unanchored range: ${anchoredTo + 1} to ${last}`
  return `  anchored to position ${anchoredTo}, the whole of it`
}

const NOT_OPENED = {
  'no-secrets': 'the master key is not at hand (WRIT_MASTER_KEY)',
  'other-master-key': 'the master key at hand opens none of their keys (WRIT_MASTER_KEY)',
  'links-only': '--links looks at hashes and links only',
  export: 'an export does not hold them',
} as const

const sealedReport = (sealed: SealedReport): string =>
  sealed.status === 'opened'
    ? `  sealed values: ${sealed.values} opened, ${sealed.erased} erased`
    : `  sealed values not opened: ${NOT_OPENED[sealed.why]}`

export interface ExportOptions extends OutputOptions {
  readonly ledger?: string
  readonly out?: string
}

/** Writes a ledger as NDJSON, one exact entry a line. */
export const exportLog = (options: ExportOptions): Promise<void> =>
  withRuntime(async ({ deps, config }) => {
    const ledger = options.ledger === undefined ? mainLedger(config.tenant) : nameOf(options.ledger)
    const head = await deps.reader.head(ledger)
    if (head === undefined) throw new CommandFailed(EXIT.usage, `There is no ledger ${ledger}.`)
    const out = options.out === undefined ? process.stdout : createWriteStream(options.out)
    const bar = progress(`export ${ledger}`, options.out === undefined)
    try {
      for await (const lines of exportLedger(deps.reader, ledger, bar.update)) {
        if (!out.write(lines)) await once(out, 'drain')
      }
    } catch (fault) {
      // Only an export from position 1 proves anything: the detached range was to be exported before.
      if (fault instanceof LogDetached) throw new CommandFailed(EXIT.couldNotJudge, fault.message)
      throw fault
    } finally {
      bar.stop()
    }
    if (options.out !== undefined) {
      out.end()
      await once(out, 'finish')
      if (options.json) printJson({ ledger, entries: head.position, file: options.out })
      else print(`${head.position} entries of ${ledger} in ${options.out}`)
    }
  })
