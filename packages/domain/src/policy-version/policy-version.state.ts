import type { ControlEvent } from '../control/control.events.ts'
import type { PolicyVersionPublished } from './policy-version.events.ts'

/** One published version as the policy's stream tells it. */
export interface PublishedVersion extends PolicyVersionPublished {
  readonly publishedAt: string
  readonly publishedBy: string
  readonly position: number
  readonly everActive: boolean
}

/** The versions of one policy by version text, and how many events the stream had. */
export interface PolicyHistory {
  readonly revision: number
  readonly versions: ReadonlyMap<string, PublishedVersion>
}

export type PolicyStreamEvent =
  | { readonly type: 'PolicyVersionPublished'; readonly data: PolicyVersionPublished }
  | Extract<ControlEvent, { type: 'PolicyVersionActivated' }>

export const NO_VERSIONS: PolicyHistory = { revision: 0, versions: new Map() }

export const withPolicyEvent = (
  history: PolicyHistory,
  event: PolicyStreamEvent,
  place: { readonly position: number; readonly at: string; readonly by: string },
): PolicyHistory => {
  const versions = new Map(history.versions)
  if (event.type === 'PolicyVersionPublished') {
    const { position, at, by } = place
    versions.set(event.data.version, {
      ...event.data,
      position,
      publishedAt: at,
      publishedBy: by,
      everActive: false,
    })
  } else {
    const version = versions.get(event.data.version)
    if (version !== undefined) versions.set(event.data.version, { ...version, everActive: true })
  }
  return { revision: history.revision + 1, versions }
}
