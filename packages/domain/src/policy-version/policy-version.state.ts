import type { ControlEvent } from '../control/control.events.ts'
import type {
  PolicyVersionApproved,
  PolicyVersionPublished,
  PolicyVersionValidated,
} from './policy-version.events.ts'

/** One published version as the policy's stream tells it. */
export interface PublishedVersion extends PolicyVersionPublished {
  readonly publishedAt: string
  readonly publishedBy: string
  readonly position: number
  readonly validated: boolean
  /** The last approval that no activation has used up yet. */
  readonly approval?: PolicyVersionApproved & { readonly at: string }
  readonly everActive: boolean
  readonly revoked: boolean
}

/** The versions of one policy by version text, and how many events the stream had. */
export interface PolicyHistory {
  readonly revision: number
  readonly versions: ReadonlyMap<string, PublishedVersion>
}

export type PolicyStreamEvent =
  | { readonly type: 'PolicyVersionPublished'; readonly data: PolicyVersionPublished }
  | { readonly type: 'PolicyVersionValidated'; readonly data: PolicyVersionValidated }
  | { readonly type: 'PolicyVersionApproved'; readonly data: PolicyVersionApproved }
  | Extract<ControlEvent, { type: 'PolicyVersionActivated' | 'PolicyVersionRevoked' }>

export type PolicyStatus = 'draft' | 'validated' | 'approved' | 'active' | 'superseded' | 'revoked'

export const NO_VERSIONS: PolicyHistory = { revision: 0, versions: new Map() }

export const withPolicyEvent = (
  history: PolicyHistory,
  event: PolicyStreamEvent,
  place: { readonly position: number; readonly at: string; readonly by: string },
): PolicyHistory => {
  const versions = new Map(history.versions)
  const number = event.data.version
  if (event.type === 'PolicyVersionPublished') {
    versions.set(number, publishedVersion(event.data, place))
  } else {
    const version = versions.get(number)
    if (version !== undefined) versions.set(number, changedBy(version, event, place.at))
  }
  return { revision: history.revision + 1, versions }
}

/** Where a version stands. What is active now is active, whatever it was before. */
export const statusOf = (version: PublishedVersion, isActive: boolean): PolicyStatus => {
  if (version.revoked) return 'revoked'
  if (isActive) return 'active'
  if (version.approval !== undefined) return 'approved'
  if (version.everActive) return 'superseded'
  return version.validated ? 'validated' : 'draft'
}

/** A version as its publication makes it. */
export const publishedVersion = (
  data: PolicyVersionPublished,
  { position, at, by }: { readonly position: number; readonly at: string; readonly by: string },
): PublishedVersion => ({
  ...data,
  position,
  publishedAt: at,
  publishedBy: by,
  validated: false,
  everActive: false,
  revoked: false,
})

type Later = Exclude<PolicyStreamEvent, { type: 'PolicyVersionPublished' }>

const changedBy = (version: PublishedVersion, event: Later, at: string): PublishedVersion => {
  switch (event.type) {
    case 'PolicyVersionValidated':
      return { ...version, validated: true }
    case 'PolicyVersionApproved':
      return { ...version, approval: { ...event.data, at } }
    case 'PolicyVersionActivated': {
      const { approval: _, ...used } = version
      return { ...used, everActive: true }
    }
    case 'PolicyVersionRevoked': {
      const { approval: _, ...rest } = version
      return { ...rest, revoked: true }
    }
    default:
      return event satisfies never
  }
}
