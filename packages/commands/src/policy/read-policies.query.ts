import { type JsonValue, type LedgerName, Problem, timestampOf } from '@writ/kernel'
import { parsePolicyReference } from '@writ/policy-engine'
import type { Caller } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { currentEntry } from '../shared/current-entry.ts'
import type { ListedPolicy, PolicySummary } from '../use-cases.ts'
import { policyHistory, summaryOf } from './policy-history.ts'

/** Most publications that a list looks at. */
const PUBLISHED_MAX = 5_000

/** Every published version, by name and then by age. */
export const listPolicies =
  (deps: Deps) =>
  async ({ ledger }: Caller): Promise<readonly ListedPolicy[]> => {
    const names = await policyNames(deps, ledger)
    const { ledger: controls } = await deps.controls.fresh(ledger)
    const histories = await Promise.all(names.map((name) => policyHistory(deps, ledger, name)))
    return Promise.all(
      histories.flatMap((history) =>
        [...history.versions.values()].map((version) => {
          const active = controls.active.get(version.domain)?.digest
          const summary = summaryOf(version, active)
          return version.digest === active ? withCard(deps, ledger, summary) : summary
        }),
      ),
    )
  }

/** What decides now is looked at again by the day its card names; once that day has passed the list says so. */
const withCard = async (
  { policies, clock }: Pick<Deps, 'policies' | 'clock'>,
  ledger: LedgerName,
  summary: PolicySummary,
): Promise<ListedPolicy> => {
  const { card } = (await policies.byDigest(ledger, summary.digest)).document
  if (card === undefined) return summary
  const { owner, riskTier, nextReview } = card
  const today = timestampOf(clock.now()).slice(0, 10)
  return { ...summary, card: { owner, riskTier, nextReview }, reviewOverdue: nextReview < today }
}

/**
 * A policy by `name` (its active version), `name@version` or `name@version.VARIANT`, with its document.
 *
 * @problem policy-reference-invalid, policy-not-found
 */
export const policyByReference =
  (deps: Deps) =>
  async (
    caller: Caller,
    reference: string,
  ): Promise<(PolicySummary & { readonly document: JsonValue }) | Problem> => {
    const wanted = reference.includes('@') ? parsePolicyReference(reference) : { name: reference }
    if (wanted instanceof Problem) return wanted
    const { ledger } = caller
    const history = await policyHistory(deps, ledger, wanted.name)
    const { ledger: controls } = await deps.controls.fresh(ledger)
    const isActive = (digest: string): boolean =>
      [...controls.active.values()].some((active) => active.digest === digest)
    const versions = [...history.versions.values()]
    const version =
      'version' in wanted
        ? history.versions.get(wanted.version)
        : versions.find((candidate) => isActive(candidate.digest))
    const variant = 'variant' in wanted ? wanted.variant : undefined
    if (version === undefined || (variant !== undefined && !version.variants.includes(variant))) {
      return new Problem(
        'policy-not-found',
        `${reference} names no ${'version' in wanted ? 'published' : 'active'} policy of this ledger.`,
      )
    }
    const { document } = await deps.policies.byDigest(ledger, version.digest)
    const active = controls.active.get(version.domain)?.digest
    return { ...summaryOf(version, active), document: document as unknown as JsonValue }
  }

const policyNames = async ({ reader }: Deps, ledger: LedgerName): Promise<readonly string[]> => {
  const published = await reader.byType(ledger, {
    type: 'PolicyVersionPublished',
    after: 0,
    limit: PUBLISHED_MAX,
  })
  // By (category, type), never by type alone: a producer may name a type of its own like this one.
  const own = published.map(currentEntry).filter((entry) => entry.stream.startsWith('policy:'))
  return [...new Set(own.map((entry) => String(entry.data.name)))].sort()
}
