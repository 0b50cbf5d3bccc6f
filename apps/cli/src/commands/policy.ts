import { readFileSync } from 'node:fs'
import { Problem } from '@writ/kernel'
import { loadPolicy, parsePolicyReference, runPolicyTests } from '@writ/policy-engine'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { orThrow } from '../or-throw.ts'
import { type OutputOptions, print, printJson, table } from '../output.ts'
import { operatorContext, withRuntime } from '../setup/with-runtime.ts'

/** Loads a file and runs its golden tests, without a database. Exit 1: a check failed; 2: the file is unreadable. */
export const validatePolicyFile = async (file: string, { json }: OutputOptions): Promise<void> => {
  const policy = loadPolicy(readFileSync(file, 'utf8'))
  if (policy instanceof Problem) return refuse(policy, file, json)
  const { total, failed } = runPolicyTests(policy)
  const { name, version, domain, digest } = policy
  if (json)
    printJson({
      valid: failed.length === 0,
      name,
      version,
      domain,
      digest,
      tests: { total, failed },
    })
  else {
    print(`${name}@${version} (domain ${domain}) ${digest}`)
    print(`${total - failed.length} of ${total} golden tests pass.`)
    for (const test of failed) {
      print(
        `  ${test.name}\n    expected ${JSON.stringify(test.expected)}\n    got      ${JSON.stringify(test.actual)}`,
      )
    }
  }
  if (failed.length > 0) throw new CommandFailed(EXIT.checkFailed, '')
}

const refuse = (problem: Problem, file: string, json: boolean | undefined): void => {
  if (json)
    printJson({ valid: false, code: problem.code, detail: problem.detail, ...problem.fields })
  const exit = problem.code === 'policy-unreadable' ? EXIT.usage : EXIT.checkFailed
  throw new CommandFailed(
    exit,
    json
      ? ''
      : [`${file}: ${problem.detail}`, ...(problem.fields.errors ?? []).map(placeLine(file))].join(
          '\n',
        ),
  )
}

const placeLine =
  (file: string) =>
  (place: { pointer: string; message: string }): string => {
    const { line, column } = place as { line?: number; column?: number }
    return `  ${file}${line === undefined ? '' : `:${line}:${column}`}  ${place.pointer || '/'}  ${place.message}`
  }

export const publishPolicyFile = (file: string, { json }: OutputOptions): Promise<void> =>
  withRuntime(async (runtime) => {
    const text = readFileSync(file, 'utf8')
    const published = await runtime.useCases.publishPolicy(await operatorContext(runtime), text)
    if (published instanceof Problem) return refuse(published, file, json)
    if (json) return printJson(published)
    print(
      `${published.replayed ? 'Was published before' : 'Published'}: ${published.name}@${published.version} ${published.digest} at position ${published.position}`,
    )
    if (published.note !== undefined) return print(published.note)
    print(
      `It decides nothing until it is activated: writ policy activate ${published.name}@${published.version}`,
    )
  })

export const activatePolicyReference = (
  reference: string,
  { json, at }: OutputOptions & { readonly at?: string },
): Promise<void> =>
  withRuntime(async (runtime) => {
    const wanted = parsePolicyReference(reference)
    if (wanted instanceof Problem) throw new CommandFailed(EXIT.usage, wanted.detail)
    const context = await operatorContext(runtime)
    const activated = orThrow(
      await runtime.useCases.activatePolicy(
        context,
        wanted.name,
        wanted.version,
        at === undefined ? {} : { at },
      ),
    )
    if (json) return printJson(activated)
    const from = activated.activateAt ?? 'now on'
    print(`${activated.name}@${activated.version} decides domain ${activated.domain} from ${from}.`)
    if (activated.note !== undefined) print(activated.note)
  })

export const revokePolicyReference = (
  reference: string,
  { json, reason }: OutputOptions & { readonly reason: string },
): Promise<void> =>
  withRuntime(async (runtime) => {
    const wanted = parsePolicyReference(reference)
    if (wanted instanceof Problem) throw new CommandFailed(EXIT.usage, wanted.detail)
    const context = await operatorContext(runtime)
    const { name, version } = wanted
    const revoked = orThrow(await runtime.useCases.revokePolicy(context, { name, version, reason }))
    if (json) return printJson(revoked)
    print(`${revoked.name}@${revoked.version} is revoked and can never be active again.`)
    if (revoked.note !== undefined) print(revoked.note)
  })

export const listPolicyVersions = ({ json }: OutputOptions): Promise<void> =>
  withRuntime(async (runtime) => {
    const { caller } = await operatorContext(runtime)
    const policies = await runtime.useCases.listPolicies(caller)
    if (json) return printJson(policies)
    const rows = policies.map((one) => [
      `${one.name}@${one.version}`,
      one.domain,
      one.status,
      one.variants.join(' '),
      one.digest.slice(0, 19),
      one.publishedAt,
      one.card === undefined
        ? ''
        : `${one.card.nextReview}${one.reviewOverdue === true ? ' OVERDUE' : ''}`,
    ])
    const head = ['policy', 'domain', 'status', 'variants', 'digest', 'published', 'next review']
    print(table([head, ...rows]))
  })

export const showPolicy = (reference: string, { json }: OutputOptions): Promise<void> =>
  withRuntime(async (runtime) => {
    const { caller } = await operatorContext(runtime)
    const policy = orThrow(await runtime.useCases.policyByReference(caller, reference))
    if (json) return printJson(policy)
    const { document, ...summary } = policy
    print(table(Object.entries(summary).map(([name, value]) => [name, String(value)])))
    print(JSON.stringify(document, null, 2))
  })
