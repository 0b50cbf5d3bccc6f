import type { JsonObject } from '@writ/kernel'
import { DIGEST, minutesAfterNoon, type Told } from './history.fixture.ts'

const by = (id: string) => ({ actor: { type: 'person' as const, id } })

export const killSwitchSet = (state: string, scope: JsonObject, minute = 0, who = 'ada'): Told => ({
  type: 'KillSwitchSet',
  stream: 'control:kill-switch',
  data: { state, scope, reason: `to be ${state}` },
  occurredAt: minutesAfterNoon(minute),
  ...by(who),
})

export const actionFlagSet = (domain: string, action: string, state: string, minute = 0): Told => ({
  type: 'ActionFlagSet',
  stream: `control:flag.${domain}.${action}`,
  data: { domain, action, state, reason: `to be ${state}` },
  occurredAt: minutesAfterNoon(minute),
  ...by('ada'),
})

/** A digest for each version, so that two never look alike. */
export const digestOf = (version: string): string =>
  `${DIGEST.slice(0, -version.length * 2)}${Buffer.from(version).toString('hex')}`

interface Version {
  readonly name?: string
  readonly version: string
  readonly domain?: string
}

export const policyPublished = (
  { name = 'fin', version, domain = 'finance' }: Version,
  minute = 0,
): Told => ({
  type: 'PolicyVersionPublished',
  stream: `policy:${name}`,
  data: { name, version, domain, digest: digestOf(version), variants: ['A', 'B'] },
  occurredAt: minutesAfterNoon(minute),
  ...by('ada'),
})

export const policyActivated = (
  { name = 'fin', version, domain = 'finance', from }: Version & { readonly from?: number },
  minute = 0,
): Told => ({
  type: 'PolicyVersionActivated',
  stream: `policy:${name}`,
  data: {
    ...{ name, version, domain, digest: digestOf(version) },
    publishedBy: 'ada',
    effectiveFrom: from === undefined ? null : minutesAfterNoon(from),
    approvedBy: ['bo'],
  },
  occurredAt: minutesAfterNoon(minute),
  ...by('bo'),
})
