import type { PublishedVersion } from '@writ/domain'
import { type JsonObject, type LedgerName, Problem } from '@writ/kernel'
import type { LoadedPolicy } from '@writ/policy-engine'
import type { Deps } from '../deps.ts'
import type { Controls } from '../shared/control-reader.ts'
import { currentEntry } from '../shared/current-entry.ts'
import { PolicyCheckTooLong } from './policy-checks.ts'

/** What the checks before activation say of a policy. */
export interface GateVerdict {
  readonly passed: boolean
  /** Names of the gates that were not passed. */
  readonly failed: readonly string[]
}

export const gatesOf = async (
  { policyChecks }: Pick<Deps, 'policyChecks'>,
  text: string,
): Promise<GateVerdict> => {
  const report = await policyChecks.check(text).catch((fault: unknown) => {
    if (fault instanceof PolicyCheckTooLong) return undefined
    throw fault
  })
  if (report === undefined) return { passed: false, failed: ['time'] }
  const failed = report.gates.filter(({ status }) => status === 'failed').map(({ gate }) => gate)
  return { passed: report.passed, failed }
}

/** @problem policy-not-ready  with the names of the gates */
export const notReady = (reference: string, { failed }: GateVerdict): Problem =>
  new Problem(
    'policy-not-ready',
    `${reference} fails ${failed.join(', ')}. See what is lacking with POST /policies/validate or writ policy check, and publish the next version.`,
    { gates: [...failed] },
  )

/** The text a version was published as. */
export const sourceOf = async (
  { reader, policies }: Pick<Deps, 'reader' | 'policies'>,
  ledger: LedgerName,
  { position, digest }: PublishedVersion,
): Promise<string> => {
  const published = await reader.at(ledger, position)
  const attached = published && currentEntry(published).commitments?.['/source']
  const text =
    attached && 'sha256' in attached ? await reader.attachment(ledger, attached.sha256) : undefined
  if (text !== undefined) return JSON.parse(text) as string
  return JSON.stringify((await policies.byDigest(ledger, digest)).document)
}

/**
 * The step from the active version of a domain to another: what is active, and what is loosened by it. Where the active
 * one was revoked, the step is measured from that one: else one person could revoke and let something looser follow.
 */
export const stepFrom = async (
  { policies, policyChecks }: Pick<Deps, 'policies' | 'policyChecks'>,
  ledger: LedgerName,
  { controls, to }: { readonly controls: Controls; readonly to: LoadedPolicy },
): Promise<{ readonly active: string | null; readonly loosening: readonly JsonObject[] }> => {
  const { active: actives, revoked } = controls.ledger
  const active = actives.get(to.domain)?.digest ?? null
  const from = active ?? revoked.get(to.domain)?.digest
  // The first policy of a domain loosens nothing that was said before: until then people decide everything.
  if (from === undefined || from === to.digest) return { active, loosening: [] }
  const before = await policies.byDigest(ledger, from)
  const texts = [before, to].map(({ document }) => JSON.stringify(document)) as [string, string]
  const loosening = await policyChecks.loosening(...texts)
  return { active, loosening: loosening.map((each) => ({ ...each })) }
}
