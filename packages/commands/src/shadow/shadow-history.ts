import {
  type ShadowRunEvent,
  type ShadowRunState,
  shadowStream,
  withShadowEvent,
} from '@writ/domain'
import type { Entry } from '@writ/event-log'
import { isUuid, type JsonObject, type LedgerName, sha256, uuidV7 } from '@writ/kernel'
import type { Deps } from '../deps.ts'
import { currentEntry } from '../shared/current-entry.ts'

const PAGE = 1_000

/** One run, folded from its stream. */
export const shadowRun = async (
  { reader }: Pick<Deps, 'reader'>,
  ledger: LedgerName,
  runId: string,
): Promise<ShadowRunState | undefined> => {
  if (!isUuid(runId)) return undefined
  const entries = await reader.stream(ledger, shadowStream(runId))
  return entries.map(currentEntry).reduce<ShadowRunState | undefined>(withEntry, undefined)
}

/** Every run of a ledger by age, folded from the log: read models may lag. */
export const shadowRuns = async (
  { reader }: Pick<Deps, 'reader'>,
  ledger: LedgerName,
): Promise<readonly ShadowRunState[]> => {
  const runs = new Map<string, ShadowRunState>()
  for (const type of ['ShadowRunStarted', 'ShadowRunEnded'] as const) {
    for (let after = 0; ; ) {
      const page = await reader.byType(ledger, { type, after, limit: PAGE })
      for (const entry of page.map(currentEntry)) {
        // By (category, type), never by type alone: a producer may name a type of its own like this one.
        if (!entry.stream.startsWith('shadow:')) continue
        const state = withEntry(runs.get(entry.stream), entry)
        if (state !== undefined) runs.set(entry.stream, state)
      }
      if (page.length < PAGE) break
      after = page.at(-1)?.position ?? after
    }
  }
  return [...runs.values()]
}

/**
 * The id of the next run of a ledger, told by what there is already. Whoever starts one at the same time comes to the
 * same id, and the log refuses the second: so two starts never pass the limits together.
 */
export const nextRunId = async (
  { reader }: Pick<Deps, 'reader'>,
  ledger: LedgerName,
  runs: readonly ShadowRunState[],
): Promise<string> => {
  const [opened] = await reader.byType(ledger, { type: 'LedgerOpened', after: 0, limit: 1 })
  const since = opened === undefined ? 0 : Date.parse(currentEntry(opened).occurredAt)
  const name = `writ/v1/shadow-run\0${ledger}\0${runs.length}`
  return uuidV7(since + runs.length, sha256(name).subarray(0, 10))
}

/** A run on the wire. */
export const shadowRunView = ({ status, started, ended }: ShadowRunState): JsonObject => {
  const { runId, startedBy, ...rest } = started
  return {
    id: runId,
    status,
    ...(rest as unknown as JsonObject),
    startedBy,
    ended: ended === null ? null : endView(ended),
  }
}

const endView = ({ runId: _, ...end }: NonNullable<ShadowRunState['ended']>): JsonObject => ({
  ...end,
})

const withEntry = (
  state: ShadowRunState | undefined,
  { type, data }: Pick<Entry, 'type' | 'data'>,
): ShadowRunState | undefined => withShadowEvent(state, { type, data } as unknown as ShadowRunEvent)
