import type { CompiledAction } from '../compiled-action.ts'
import { type Expr, visit } from '../expr.ts'
import type { LoadedPolicy } from '../loaded-policy.ts'
import { coverageGaps } from '../policy-coverage.ts'
import { runPolicyTests } from '../policy-tests.ts'
import type { BareFinding } from './probe-findings.ts'
import type { CoverageSummary } from './report.ts'

/** Golden tests that are decided otherwise than they expect. */
export const testFindings = (policy: LoadedPolicy): readonly BareFinding[] => {
  const { total, failed } = runPolicyTests(policy)
  if (total === 0)
    return [{ code: 'no-tests', pointer: '', message: 'the policy has no golden tests' }]
  return failed.map(({ name, expected, actual }) => {
    const index = policy.document.tests?.findIndex((test) => test.name === name)
    const [wanted, came] = [expected, actual].map((each) => JSON.stringify(each))
    const message = `the test '${name}' expected ${wanted} and got ${came}`
    return { code: 'test-failed', pointer: `/tests/${index}/expect`, message }
  })
}

/** What the golden tests never show of a condition. */
export const coverageFindings = (policy: LoadedPolicy): readonly BareFinding[] =>
  coverageGaps(policy).map(({ action, kind, id, missing }) => {
    const pointer = pointerOf(policy.actions.get(action) as CompiledAction, kind, id)
    if (kind === 'band') {
      const message = `no golden test needs the level of the band ${id}`
      return { code: 'coverage-band', pointer, message }
    }
    if (missing === 'firing') {
      const message = `no golden test makes the ${kind} ${id} fire`
      return { code: 'coverage-firing', pointer, message }
    }
    const message = `no golden test leaves the ${kind} ${id} unfired`
    return { code: 'coverage-not-firing', pointer, message }
  })

export const coverageOf = (policy: LoadedPolicy): CoverageSummary => {
  const { total, failed } = runPolicyTests(policy)
  const gaps = coverageGaps(policy)
  const actions = [...policy.actions.values()]
  const share = (
    kind: 'guardrail' | 'rule' | 'band',
    count: (action: CompiledAction) => number,
  ) => {
    const lacking = new Set(
      gaps.filter((gap) => gap.kind === kind).map(({ action, id }) => `${action} ${id}`),
    )
    const all = actions.reduce((sum, action) => sum + count(action), 0)
    return { total: all, covered: all - lacking.size }
  }
  return {
    tests: { total, failed: failed.length },
    guardrails: share('guardrail', ({ guardrails }) => guardrails.length),
    rules: share('rule', ({ rules }) => rules.length),
    bands: share('band', ({ bands }) => bands.length),
  }
}

const pointerOf = (
  { name, guardrails, rules, bands }: CompiledAction,
  kind: 'guardrail' | 'rule' | 'band',
  id: string,
): string => {
  const at = `/actions/${name}`
  const index = (list: readonly { readonly id: string }[]) =>
    list.findIndex((each) => each.id === id)
  if (kind === 'guardrail') return `${at}/guardrails/${index(guardrails)}`
  if (kind === 'rule') return `${at}/rules/list/${index(rules)}`
  return `${at}/autonomy/bands/${index(bands)}`
}

/** What people who approve a policy must be told by its card. */
export const cardFindings = ({ document }: LoadedPolicy): readonly BareFinding[] => {
  const { card } = document
  if (!card) {
    const lacks = 'owner, purpose, riskTier, nextReview, limitations'
    return [{ code: 'card-missing', pointer: '', message: `the policy has no card: ${lacks}` }]
  }
  const empty = [
    ...(['owner', 'purpose'] as const).filter((name) => card[name].trim() === ''),
    ...(card.limitations.some((each) => each.trim() !== '') ? [] : (['limitations'] as const)),
  ]
  return empty.map((name) => ({
    code: 'card-incomplete',
    pointer: `/card/${name}`,
    message: `the card says nothing about ${name}`,
  }))
}

/** Divisions of integers that drop a remainder. `(a - a % b) / b` says that this is meant. */
export const divisionFindings = (policy: LoadedPolicy): readonly BareFinding[] =>
  [...policy.actions.values()].flatMap((action) =>
    expressionsOf(action).flatMap(({ pointer, expr, source }) => {
      const found: BareFinding[] = []
      visit(expr, (node) => {
        if (node.kind !== 'binary' || node.op !== '/' || isExact(node, source)) return
        const text = source.slice(node.start, node.end)
        const message = `${text} drops the remainder: multiply the other side, or write (a - a % b) / b`
        found.push({ code: 'integer-division', pointer, message, offset: node.start })
      })
      return found
    }),
  )

interface Located {
  readonly pointer: string
  readonly expr: Expr
  readonly source: string
}

const expressionsOf = ({ name, derived, guardrails, rules, bands }: CompiledAction) => {
  const at = `/actions/${name}`
  const located = (list: readonly { readonly compiled: Located }[], path: string, end: string) =>
    list.map(({ compiled }, i) => ({
      pointer: `${at}/${path}/${i}/${end}`,
      expr: compiled.expr,
      source: compiled.source,
    }))
  type Listed = readonly { readonly compiled: Located }[]
  return [
    ...located(derived as unknown as Listed, 'derive', 'expr'),
    ...located(guardrails as unknown as Listed, 'guardrails', 'when'),
    ...located(rules as unknown as Listed, 'rules/list', 'when'),
    ...located(bands as unknown as Listed, 'autonomy/bands', 'when'),
  ]
}

const isExact = ({ left, right }: Extract<Expr, { kind: 'binary' }>, source: string): boolean => {
  const text = (part: Expr) => source.slice(part.start, part.end).replaceAll(/\s/g, '')
  if (left.kind !== 'binary' || left.op !== '-') return false
  const { left: whole, right: rest } = left
  return (
    rest.kind === 'binary' &&
    rest.op === '%' &&
    text(rest.left) === text(whole) &&
    text(rest.right) === text(right)
  )
}
