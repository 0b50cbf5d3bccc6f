import type { LogReader } from '@writ/event-log'
import { isJsonObject, type JsonObject, type LedgerName } from '@writ/kernel'
import { currentEntry } from '../shared/current-entry.ts'
import type { PeoplesWord } from './replay-page.ts'

/** What people later said of decisions, by the decision's id. */
export type PeoplesWords = ReadonlyMap<
  string,
  { readonly word: PeoplesWord; readonly position: number }
>

const PAGE = 1_000

/** Types that say something, and the category they must stand in. */
const TYPES = {
  ReviewOpened: 'review:',
  ReviewGranted: 'review:',
  ReviewDeclined: 'review:',
  DecisionVetoed: 'decision:',
  DecisionOverridden: 'decision:',
} as const
type Said = keyof typeof TYPES

/**
 * Reads closed reviews, vetoes and overrides after a position. The last word counts. Memory: one line for each review
 * opened there, so it grows with what people were asked, not with what was decided.
 */
export const peoplesWords = async (
  reader: Pick<LogReader, 'byType'>,
  ledger: LedgerName,
  after: number,
): Promise<PeoplesWords> => {
  const decisionOf = new Map<string, string>()
  await each(reader, ledger, { type: 'ReviewOpened', after }, (stream, data) => {
    const { decisionId } = data
    if (typeof decisionId === 'string') decisionOf.set(stream, decisionId)
  })
  const words = new Map<string, { word: PeoplesWord; position: number }>()
  const say = (id: string | undefined, word: PeoplesWord | undefined, position: number): void => {
    if (id === undefined || word === undefined) return
    if ((words.get(id)?.position ?? 0) < position) words.set(id, { word, position })
  }
  for (const [type, word] of [
    ['ReviewGranted', 'approved'],
    ['ReviewDeclined', 'denied'],
  ] as const)
    await each(reader, ledger, { type, after }, (stream, _, position) =>
      say(decisionOf.get(stream), word, position),
    )
  await each(reader, ledger, { type: 'DecisionVetoed', after }, (stream, _, position) =>
    say(stream.slice(TYPES.DecisionVetoed.length), 'denied', position),
  )
  await each(reader, ledger, { type: 'DecisionOverridden', after }, (stream, data, position) =>
    say(stream.slice(TYPES.DecisionOverridden.length), wordOf(data), position),
  )
  return words
}

const each = async (
  reader: Pick<LogReader, 'byType'>,
  ledger: LedgerName,
  from: { readonly type: Said; readonly after: number },
  hear: (stream: string, data: JsonObject, position: number) => void,
): Promise<void> => {
  for (let after = from.after; ; ) {
    const page = await reader.byType(ledger, { type: from.type, after, limit: PAGE })
    for (const stored of page) {
      const { stream, data } = currentEntry(stored)
      if (stream.startsWith(TYPES[from.type]) && isJsonObject(data))
        hear(stream, data, stored.position)
    }
    if (page.length < PAGE) return
    after = page.at(-1)?.position ?? after
  }
}

/** An override that names another outcome says what people decided; any other says nothing that could be compared. */
const wordOf = ({ outcome }: JsonObject): PeoplesWord | undefined =>
  outcome === 'approved' || outcome === 'denied' ? outcome : undefined
