import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as commands from '@writ/commands'
import { type LedgerName, mainLedger, Problem, SYSTEM_CONTROL } from '@writ/kernel'
import { loadPolicy } from '@writ/policy-engine'
import { localOperator, type Runtime, systemOperator } from './runtime.ts'

/** Opens a ledger with its first entry; true when it was opened now. */
export const openLedger = ({ deps, config }: Runtime, ledger: LedgerName): Promise<boolean> =>
  commands.openLedger(deps, ledger, { origin: config.origin, actor: systemOperator().actor })

/** Opens the ledgers every installation needs; true when the tenant's ledger is new. */
export const openLedgers = async (runtime: Runtime): Promise<boolean> => {
  await openLedger(runtime, SYSTEM_CONTROL)
  return openLedger(runtime, mainLedger(runtime.config.tenant))
}

/**
 * Makes the partitions that will be written to next: idempotency keys of today and tomorrow, and a further range of
 * positions where a ledger is past the middle of its last one. `start` calls it again each hour.
 */
export const preparePartitions = async (
  { database }: Pick<Runtime, 'database'>,
  now: number,
): Promise<void> => {
  await commands.addKeyPartitions({ database }, now)
  await database.query({ text: 'select log.add_entry_ranges()' })
}

/** What a fresh development ledger starts with. finance 1.1.0 is only published: activating it is left to people. */
const SHIPPED = [
  { file: 'finance-constitution-1.0.0.yaml', activate: true },
  { file: 'finance-constitution-1.1.0.yaml', activate: false },
  { file: 'hr-leave-1.0.0.yaml', activate: true },
  { file: 'loans-1.0.0.yaml', activate: true },
] as const

export const shippedPolicy = (file: string): string =>
  readFileSync(
    fileURLToPath(new URL(`../../../../examples/policies/${file}`, import.meta.url)),
    'utf8',
  )

/** Reads each shipped policy, as its publication will, without a database. */
export const readShippedPolicies = (): readonly (() => void)[] =>
  SHIPPED.map(
    ({ file }) =>
      () =>
        loadPolicy(shippedPolicy(file)),
  )

/** Publishes and activates the shipped policies and switches their actions on; repeated, it changes nothing. */
export const installShippedPolicies = async (runtime: Runtime): Promise<void> => {
  const context: commands.CommandContext = { caller: localOperator(runtime.config) }
  for (const { file, activate } of SHIPPED)
    await installPolicy(runtime, context, { text: shippedPolicy(file), activate })
}

/**
 * Publishes one policy, and makes it decide: switches its actions on and activates it. A version that was active before
 * is left alone: since then somebody may have activated another one, or switched an action off.
 */
export const installPolicy = async (
  { useCases, deps }: Runtime,
  context: commands.CommandContext,
  policy: { readonly text: string; readonly activate: boolean },
): Promise<void> => {
  const published = must(await useCases.publishPolicy(context, policy.text))
  if (!policy.activate || !['draft', 'validated'].includes(published.status)) return
  const { document } = await deps.policies.byDigest(context.caller.ledger, published.digest)
  for (const action of Object.keys(document.actions)) {
    const flag = {
      domain: published.domain,
      action,
      state: 'on' as const,
      reason: 'installed with its policy',
    }
    must(await useCases.setActionFlag(context, flag))
  }
  // Last: a process that ends before this line does it all again at its next start.
  must(await useCases.activatePolicy(context, published.name, published.version))
}

/** A problem in a step that cannot be refused is a defect of ours. */
export const must = <T>(result: T | Problem): T => {
  if (result instanceof Problem) throw new Error(`${result.code}: ${result.detail}`)
  return result
}
