import { canonicalJson, type JsonObject, Problem } from '@writ/kernel'
import type { PolicyVersionActivated, PolicyVersionRevoked } from '../control/control.events.ts'
import type { PolicyVersionApproved, PolicyVersionPublished } from './policy-version.events.ts'
import type { PolicyHistory, PublishedVersion } from './policy-version.state.ts'

/** People who must approve what loosens a guardrail or raises a ceiling; its author is none of them. */
export const LOOSENING_QUORUM = 2

/**
 * Versions are immutable: the same content again is known, other content under the same version is refused.
 *
 * @problem policy-exists
 */
export const decidePublication = (
  history: PolicyHistory,
  published: PolicyVersionPublished,
): PolicyVersionPublished | { readonly known: PublishedVersion } | Problem => {
  const existing = history.versions.get(published.version)
  if (existing === undefined) return published
  if (existing.digest === published.digest) return { known: existing }
  return new Problem(
    'policy-exists',
    `${published.name}@${published.version} is published as ${existing.digest}; this content is ${published.digest}. Publish it under the next version.`,
  )
}

export interface Activate {
  readonly name: string
  readonly version: string
  readonly by: string
  readonly at: string
  /** When it is to take effect; absent: now. */
  readonly activateAt?: string
  /** Digest of what decides the domain now. */
  readonly active: string | null
  /** What the step from the active version loosens. */
  readonly loosening: readonly JsonObject[]
  /** Of the development profile. */
  readonly onePersonAllowed: boolean
}

export type ActivationVerdict =
  | { readonly do: 'activate'; readonly data: PolicyVersionActivated['data'] }
  | { readonly do: 'schedule'; readonly data: PolicyVersionApproved }
  /** More people have to approve first. */
  | { readonly do: 'ask' }

/**
 * Activation takes a second named person, and two others than the author where it loosens something. The development
 * profile lets one person do it all, and the reply says so.
 *
 * @problem policy-not-found, policy-revoked, self-activation-forbidden
 */
export const decideActivation = (
  history: PolicyHistory,
  command: Activate,
): ActivationVerdict | Problem => {
  const version = usable(history, command)
  if (version instanceof Problem) return version
  const { by, at, activateAt, active, loosening, onePersonAllowed } = command
  if (version.publishedBy === by && !onePersonAllowed) {
    return new Problem(
      'self-activation-forbidden',
      `${command.name}@${command.version} was published by the same actor; another one must activate it.`,
    )
  }
  const approval = standing(version, command)
  if (loosening.length > 0 && approval === undefined && !onePersonAllowed) return { do: 'ask' }
  const { name, domain, digest, publishedBy } = version
  const people = new Set([...(approval?.approvedBy ?? []), by])
  people.delete(publishedBy)
  const approvedBy = [...people]
  const policy = { name, version: version.version, domain, digest }
  if (activateAt !== undefined && activateAt > at) {
    const reviewId = approval?.reviewId ?? null
    return {
      do: 'schedule',
      data: { ...policy, approvedBy, against: active, loosening, reviewId, activateAt },
    }
  }
  return { do: 'activate', data: { ...policy, publishedBy, effectiveFrom: null, approvedBy } }
}

/**
 * An activation whose time has come. Undefined where nothing is due: no time was agreed, it lies ahead, or what was
 * approved is not the step that it would be by now.
 */
export const decideDueActivation = (
  history: PolicyHistory,
  due: Pick<Activate, 'version' | 'at' | 'active' | 'loosening' | 'onePersonAllowed'>,
): PolicyVersionActivated['data'] | undefined => {
  const version = history.versions.get(due.version)
  const from = version?.approval?.activateAt ?? undefined
  if (version?.approval === undefined || version.revoked || from === undefined || from > due.at) {
    return undefined
  }
  // Whoever has activated something else meanwhile has spoken later, and the later word counts.
  if (version.approval.against !== due.active) return undefined
  const isCovered = standing(version, due) !== undefined || due.onePersonAllowed
  if (due.loosening.length > 0 && !isCovered) return undefined
  const { name, domain, digest, publishedBy, approval } = version
  const { approvedBy, at: agreedAt } = approval
  return {
    name,
    version: due.version,
    domain,
    digest,
    publishedBy,
    // People may have agreed after the time they agreed to; before they did nothing was valid.
    effectiveFrom: [from, agreedAt].toSorted().at(-1) ?? from,
    approvedBy,
  }
}

/**
 * One person is enough to stop a version.
 *
 * @problem policy-not-found, policy-revoked
 */
export const decideRevocation = (
  history: PolicyHistory,
  command: { readonly name: string; readonly version: string; readonly reason: string },
): PolicyVersionRevoked['data'] | Problem => {
  const version = usable(history, command)
  if (version instanceof Problem) return version
  const { name, domain, digest } = version
  return { name, version: command.version, domain, digest, reason: command.reason }
}

const usable = (
  history: PolicyHistory,
  command: { readonly name: string; readonly version: string },
): PublishedVersion | Problem => {
  const reference = `${command.name}@${command.version}`
  const version = history.versions.get(command.version)
  if (version === undefined) {
    const known = [...history.versions.keys()].join(', ') || 'none'
    return new Problem(
      'policy-not-found',
      `${reference} is not published; published are: ${known}.`,
    )
  }
  if (!version.revoked) return version
  return new Problem('policy-revoked', `${reference} was revoked and can never be active again.`)
}

/**
 * An approval by enough people of this very step: from the version that is active to this one, loosening no more than
 * they were shown, and no earlier than they agreed to.
 */
const standing = (
  { approval }: PublishedVersion,
  step: Pick<Activate, 'active' | 'loosening' | 'at' | 'activateAt'>,
): PublishedVersion['approval'] => {
  if (approval === undefined || approval.against !== step.active) return undefined
  if (approval.approvedBy.length < LOOSENING_QUORUM) return undefined
  const from =
    step.activateAt !== undefined && step.activateAt > step.at ? step.activateAt : step.at
  if (approval.activateAt !== null && from < approval.activateAt) return undefined
  const shown = new Set(approval.loosening.map(canonicalJson))
  return step.loosening.every((each) => shown.has(canonicalJson(each))) ? approval : undefined
}
