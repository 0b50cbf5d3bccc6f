import { createHash } from 'node:crypto'
import type { ControlToken, NewEvent } from '@writ/event-log'
import { canonicalJson } from '@writ/kernel'
import type { Told } from '../../../projections/shared/history.fixture.ts'
import { item, type TestLog } from './test-log.ts'

/** A value's canonical text, and the digest under which an entry names it. */
export const attachable = (value: unknown): { readonly text: string; readonly sha256: string } => {
  const text = canonicalJson(value as never)
  return { text, sha256: createHash('sha256').update(text).digest('hex') }
}

/** What a decider would have folded: no ledger of all ledgers is open here, so only this one's controls count. */
const tokenOf = async ({ reader, ledger }: TestLog): Promise<ControlToken> => {
  const head = await reader.head(ledger)
  if (head === undefined) throw new Error(`${ledger} is not open`)
  return { epoch: head.epoch, counter: head.controlCounter, systemCounter: 0 }
}

/** Appends events of the read models' fixtures as commands would: decisions under a control token, values attached. */
export const appendTold = async (log: TestLog, told: readonly Told[]): Promise<void> => {
  const attachments = told.flatMap(({ attached }) =>
    Object.values(attached ?? {}).map((value) => attachable(value).text),
  )
  const decides = told.some(({ type }) => type === 'DecisionMade')
  const result = await log.append(
    told.map(({ attached: _, ...event }) => item(event as Partial<NewEvent>)),
    {
      ...(attachments.length > 0 ? { attachments } : {}),
      ...(decides ? { control: await tokenOf(log) } : {}),
    },
  )
  if (result.status !== 'appended') throw new Error(`not appended: ${result.status}`)
}
