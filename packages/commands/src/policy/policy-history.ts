import {
  NO_VERSIONS,
  type PolicyHistory,
  type PolicyStreamEvent,
  type PublishedVersion,
  policyStream,
  statusOf,
  withPolicyEvent,
} from '@writ/domain'
import type { LedgerName } from '@writ/kernel'
import type { Deps } from '../deps.ts'
import { currentEntry } from '../shared/current-entry.ts'
import type { PolicySummary } from '../use-cases.ts'

/** The versions of one policy, folded from its stream. */
export const policyHistory = async (
  { reader }: Pick<Deps, 'reader'>,
  ledger: LedgerName,
  name: string,
): Promise<PolicyHistory> => {
  const entries = await reader.stream(ledger, policyStream(name))
  return entries.map(currentEntry).reduce(
    (history, { type, data, position, recordedAt, actor }) =>
      withPolicyEvent(history, { type, data } as unknown as PolicyStreamEvent, {
        position,
        at: recordedAt,
        by: actor.id,
      }),
    NO_VERSIONS,
  )
}

export const summaryOf = (
  version: PublishedVersion,
  activeDigest: string | undefined,
): PolicySummary => ({
  name: version.name,
  version: version.version,
  domain: version.domain,
  digest: version.digest,
  status: statusOf(version, version.digest === activeDigest),
  variants: version.variants,
  publishedAt: version.publishedAt,
  publishedBy: version.publishedBy,
  position: version.position,
  ...(version.approval === undefined || version.approval.activateAt === null
    ? {}
    : { activateAt: version.approval.activateAt }),
})
