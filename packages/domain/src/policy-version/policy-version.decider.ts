import { Problem } from '@writ/kernel'
import type { PolicyVersionActivated } from '../control/control.events.ts'
import type { PolicyVersionPublished } from './policy-version.events.ts'
import type { PolicyHistory, PublishedVersion } from './policy-version.state.ts'

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

/**
 * Activation takes a second named person. The development profile lets one person do both, and the reply says so.
 *
 * @problem policy-not-found, self-activation-forbidden
 */
export const decideActivation = (
  history: PolicyHistory,
  command: {
    readonly name: string
    readonly version: string
    readonly by: string
    readonly onePersonAllowed: boolean
  },
): PolicyVersionActivated['data'] | Problem => {
  const version = history.versions.get(command.version)
  if (version === undefined) {
    const known = [...history.versions.keys()].join(', ') || 'none'
    return new Problem(
      'policy-not-found',
      `${command.name}@${command.version} is not published; published are: ${known}.`,
    )
  }
  if (version.publishedBy === command.by && !command.onePersonAllowed) {
    return new Problem(
      'self-activation-forbidden',
      `${command.name}@${command.version} was published by the same actor; another one must activate it.`,
    )
  }
  const { name, domain, digest, publishedBy } = version
  return { name, version: version.version, domain, digest, publishedBy }
}
