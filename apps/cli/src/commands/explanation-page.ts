import type { DecidedExplanation } from '@writ/policy-engine'

/** The reply of the use case, which is that of the route. */
export interface DecisionExplanation extends DecidedExplanation {
  readonly decision: string
  readonly replayable: boolean
  readonly replay: {
    readonly verdict: 'same' | 'different' | 'engine-changed' | 'not-replayable'
    readonly reason?: string
  }
}

type Condition = DecisionExplanation['trace']['rules'][number]
type Atom = NonNullable<Condition['atoms']>[number]
type Counterfactual = DecisionExplanation['counterfactuals'][number]
type WhyNot = NonNullable<DecisionExplanation['whyNot']>

/** An explanation as a page for people. */
export const explanationPage = (why: DecisionExplanation): string =>
  [
    ...headOf(why),
    ...decisiveOf(why),
    ...treeOf('Guardrails (a ✓ is a violation)', why.trace.guardrails),
    ...treeOf('Rules', why.trace.rules),
    ...treeOf('Bands', why.trace.bands),
    ...ceilingsOf(why),
    ...nearestOf(why),
    ...(why.whyNot === null ? [] : whyNotOf(why.whyNot)),
    ...changesOf(why),
  ].join('\n')

const headOf = (why: DecisionExplanation): readonly string[] => {
  const needed = why.neededLevel === null ? 'no band' : why.neededLevel
  const { policy, replay } = why
  const params = Object.entries(policy?.params ?? {}).map(
    ([name, value]) => `${name} ${text(value)}`,
  )
  return [
    `Decision ${why.decision}`,
    `  ${why.outcome} at ${why.autonomyLevel} (needed: ${needed})`,
    `  policy  ${policy === null ? 'none' : `${policy.ref}  ${policy.digest.slice(0, 19)}`}`,
    ...(params.length === 0 ? [] : [`  params  ${params.join(', ')}`]),
    `  replay  ${REPLAY[replay.verdict]}${replay.reason === undefined ? '' : ` (${replay.reason})`}`,
  ]
}

const REPLAY: Readonly<Record<DecisionExplanation['replay']['verdict'], string>> = {
  same: 'the recorded inputs still give this decision',
  different: 'DIFFERENT: the recorded inputs give another decision today',
  'engine-changed': 'another engine judged; today’s gives another decision',
  'not-replayable': 'inputs are gone; told as it was recorded',
}

const decisiveOf = ({ voices }: DecisionExplanation): readonly string[] => [
  '',
  'Decided by',
  ...voices
    .filter(({ decisive }) => decisive === true)
    .map(({ kind, id, code, message }) => `  ${kind} ${id}: ${message ?? code} [${code}]`),
]

const treeOf = (title: string, conditions: readonly Condition[]): readonly string[] =>
  conditions.length === 0 ? [] : ['', title, ...conditions.flatMap(conditionLines)]

const conditionLines = ({ id, value, atoms, error, fields }: Condition): readonly string[] => [
  `  ${mark(value)} ${id}${error === undefined ? '' : `  (${error})`}`,
  ...(atoms === undefined
    ? [`      reads ${fields.join(', ')}; its clauses are not shown`]
    : atoms.map((atom) => `      ${atomLine(atom)}`)),
]

const atomLine = (atom: Atom): string => {
  const { source, value, left, right } = atom
  const sides = left === undefined && right === undefined ? '' : `   ${text(left)} | ${text(right)}`
  return `${mark(value)} ${source}${sides}`
}

const mark = (value: boolean | 'error'): string => (value === 'error' ? '!' : value ? '✓' : '✗')

const ceilingsOf = ({ ceilings }: DecisionExplanation): readonly string[] => [
  '',
  'Ceilings',
  ...ceilings.map(
    ({ source, level, binding }) => `  ${level}  ${source}${binding ? '  <- binds' : ''}`,
  ),
]

const nearestOf = ({ nearestRule }: DecisionExplanation): readonly string[] =>
  nearestRule === null
    ? []
    : [
        '',
        'No rule matched; the nearest',
        `  ${nearestRule.id}, for want of`,
        ...missing(nearestRule).map((line) => `      ${line}`),
      ]

const whyNotOf = ({
  target,
  levelMax,
  against,
  rules,
  bands,
  beyond,
}: WhyNot): readonly string[] => [
  '',
  `Why not ${target}${levelMax === undefined ? '' : ` at ${levelMax}`}`,
  ...against.flatMap((one) => [
    `  ${one.kind} ${one.id}: ${one.message}`,
    ...missing(one).map((line) => `      ${line}`),
  ]),
  ...rules.flatMap((one) => [
    `  rule ${one.id} would approve, for want of`,
    ...missing(one).map((line) => `      ${line}`),
  ]),
  ...bands.flatMap((one) => [
    `  band ${one.id} would carry it, for want of`,
    ...missing(one).map((line) => `      ${line}`),
  ]),
  ...beyond.map(({ message }) => `  beyond the request: ${message}`),
]

const missing = ({ atoms, fields }: { atoms?: readonly Atom[]; fields: readonly string[] }) =>
  atoms === undefined
    ? fields.length === 0
      ? []
      : [`about ${fields.join(', ')}`]
    : atoms.map(atomLine)

const changesOf = ({
  counterfactuals,
  search,
  replayable,
}: DecisionExplanation): readonly string[] => {
  if (!replayable) return []
  const more = [
    ...(search.withheld === 0 ? [] : [`  ${search.withheld} more are not for this audience.`]),
    ...(search.exhausted ? ['  The search met its bound: there may be more.'] : []),
  ]
  const lines =
    counterfactuals.length + more.length === 0
      ? ['  No change of up to three fields that the asker may change was found.']
      : counterfactuals.map((one) => `  ${changeLine(one)}`)
  return ['', `What would change it (${search.tried} decisions re-run)`, ...lines, ...more]
}

const changeLine = ({ changes, target, level }: Counterfactual): string => {
  const parts = changes.map(({ field, from, to, relation }) => {
    const name = field.slice(1).replaceAll('/', '.')
    if (relation === 'absent') return `${name} left out`
    return `${name} ${from === undefined ? 'absent' : text(from)} → ${text(to)}`
  })
  return `${parts.join(' and ')} would be ${target}${target === 'approved' ? ` at ${level}` : ''}`
}

const text = (value: unknown): string =>
  value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value)
