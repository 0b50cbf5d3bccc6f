import type { CommandContext } from '@writ/commands'
import { type DecisionMade, upcast } from '@writ/domain'
import { PAGE_ENTRIES_MAX, parseEntry } from '@writ/event-log'
import { type LedgerName, Problem, timestampOf } from '@writ/kernel'
import { type ImportReport, importLoanLog } from '../import/import-bpic2012.ts'
import { installPolicy, must, shippedPolicy } from '../setup/bootstrap.ts'
import type { Runtime } from '../setup/runtime.ts'
import { type Comparison, compare, type JudgedCase } from './comparison.ts'
import { fitThresholds, type Thresholds } from './fit-thresholds.ts'
import { fittedPolicy } from './fitted-policy.ts'
import { type LoanCase, LoanCases } from './loan-cases.ts'
import type { ReplayClock } from './replay-clock.ts'

/** Share of the cases, by time, that thresholds are set from; the rest judges them. */
const TRAINING_SHARE = 0.6
/** Requests under way at once. Each has its own "now", so the order of the log is that of arrival, not of time. */
const CONCURRENT = 64

export interface DemoReport {
  readonly imported: ImportReport & { readonly seconds: number }
  readonly decisions: {
    readonly count: number
    readonly seconds: number
    readonly byOutcome: Readonly<Record<string, number>>
    readonly byLevel: Readonly<Record<string, number>>
  }
  readonly outcomes: { readonly count: number; readonly seconds: number }
  readonly thresholds: Thresholds & { readonly trainingCases: number; readonly until: string }
  readonly comparison: Comparison
}

export interface DemoInput {
  readonly file: string
  readonly clock: ReplayClock
  readonly onProgress: (stage: string, done: number, of: number) => void
}

/** Imports a loan log, decides each application at the moment it was submitted, and records what became of it. */
export const runLoanDemo = async (
  runtime: Runtime,
  context: CommandContext,
  input: DemoInput,
): Promise<DemoReport> => {
  const cases = new LoanCases()
  const imported = await timed(() =>
    importLoanLog(runtime, context, {
      file: input.file,
      onRow: (row) => cases.add(row),
      onProgress: (events, of) => input.onProgress('import', events, of),
    }),
  )
  const loans = cases.sorted()
  const split = Math.floor(loans.length * TRAINING_SHARE)
  const training = loans.slice(0, split)
  const thresholds = fitThresholds(training)
  const decided = await timed(() =>
    decideAll(runtime, context, { ...input, loans, split, thresholds }),
  )
  const outcomes = await timed(() =>
    recordAll(runtime, context, { ...input, decided: decided.result }),
  )
  const judged = decided.result.map(({ judged: one }) => one)
  return {
    imported: { ...imported.result, seconds: imported.seconds },
    decisions: {
      count: judged.length,
      seconds: decided.seconds,
      byOutcome: countBy(judged, (one) => one.outcome),
      byLevel: countBy(judged, (one) => one.level),
    },
    outcomes: { count: outcomes.result, seconds: outcomes.seconds },
    thresholds: {
      ...thresholds,
      trainingCases: split,
      until: timestampOf(training.at(-1)?.submittedAt ?? 0),
    },
    comparison: compare(judged.slice(split)),
  }
}

interface Decided {
  readonly id: string
  readonly judged: JudgedCase
}

/** The shipped policy decides the training cases; from the split on, the refitted one does. */
const decideAll = async (
  runtime: Runtime,
  context: CommandContext,
  input: DemoInput & {
    readonly loans: readonly LoanCase[]
    readonly split: number
    readonly thresholds: Thresholds
  },
): Promise<readonly Decided[]> => {
  const { loans, split, thresholds, clock, onProgress } = input
  const stored = await storedDecisions(runtime, context.caller.ledger)
  const decide = async (loan: LoanCase): Promise<void> => {
    const decision = await clock.at(loan.submittedAt, () => decideLoan(runtime, context, loan))
    stored.set(loan.application, decision)
  }
  const phases = [
    { policy: shippedPolicy('loans-1.0.0.yaml'), part: loans.slice(0, split) },
    { policy: fittedPolicy(thresholds), part: loans.slice(split) },
  ]
  for (const { policy, part } of phases) {
    const open = part.filter(({ application }) => !stored.has(application))
    const [first] = open
    if (first === undefined) continue
    await clock.at(first.submittedAt, () =>
      installPolicy(runtime, context, { text: policy, activate: true }),
    )
    await inTurn(open, decide, () => onProgress('decide', stored.size, loans.length))
  }
  return loans.map((loan) => {
    const { id, outcome, level } = stored.get(loan.application) as StoredDecision
    return { id, judged: { loan, outcome, level } }
  })
}

interface StoredDecision {
  readonly id: string
  readonly outcome: string
  readonly level: string
}

/**
 * The decisions of an earlier run, by application. Read from the log and not found by Idempotency-Key: a key lives for
 * 24 hours of the clock, and on this clock they pass within a moment.
 */
const storedDecisions = async (
  { deps }: Runtime,
  ledger: LedgerName,
): Promise<Map<string, StoredDecision>> => {
  const found = new Map<string, StoredDecision>()
  let after = 0
  for (;;) {
    const filter = { type: 'DecisionMade', after, limit: PAGE_ENTRIES_MAX }
    const page = await deps.reader.byType(ledger, filter)
    for (const { id, stream, data, position } of page.map((stored) => upcast(parseEntry(stored)))) {
      after = position
      if (!stream.startsWith('decision:')) continue
      const { inputs, decided } = data as unknown as DecisionMade
      const { outcome, autonomyLevel: level } = decided
      found.set(inputs.subject.id, { id, outcome, level })
    }
    if (page.length < PAGE_ENTRIES_MAX) return found
  }
}

const decideLoan = async (
  { useCases }: Runtime,
  { idempotencyKey: _, ...context }: CommandContext,
  loan: LoanCase,
): Promise<StoredDecision> => {
  const { application, amount, hour, weekday } = loan
  const reply = await useCases.makeDecision(context, 'loans', {
    action: 'preaccept',
    subject: { type: 'application', id: application },
    request: { amount, hour, weekday },
  })
  if (reply instanceof Problem) throw reply
  const { id, outcome, autonomyLevel } = reply.decision as {
    id: string
    outcome: string
    autonomyLevel: string
  }
  return { id, outcome, level: autonomyLevel }
}

/** What the log later shows: the bank's first decision, and how the application ended. */
const recordAll = async (
  runtime: Runtime,
  { idempotencyKey: _, ...context }: CommandContext,
  input: DemoInput & { readonly decided: readonly Decided[] },
): Promise<number> => {
  const { clock, onProgress } = input
  const decided = [...input.decided].sort((a, b) => endOf(a) - endOf(b))
  const record = ({ id, judged: { loan } }: Decided): Promise<unknown> =>
    clock.at(endOf({ judged: { loan } }), async () =>
      must(
        await runtime.useCases.recordOutcome(context, id, {
          metric: 'bank',
          values: { first: loan.bank, final: loan.final, approved: loan.final === 'approved' },
          occurredAt: timestampOf(endOf({ judged: { loan } })),
        }),
      ),
    )
  await inTurn(decided, record, (done) => onProgress('outcomes', done, decided.length))
  return decided.length
}

const endOf = ({ judged: { loan } }: { readonly judged: { readonly loan: LoanCase } }): number =>
  Math.max(loan.bankAt, loan.finalAt)

/** Works through items in order, a bounded number at once. */
const inTurn = async <T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
  onProgress: (done: number) => void,
): Promise<void> => {
  let next = 0
  let done = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      await work(items[next++] as T)
      onProgress(++done)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, worker))
}

const timed = async <T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly seconds: number }> => {
  const started = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - started) / 1000 }
}

const countBy = <T>(items: readonly T[], name: (item: T) => string): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const item of items) counts[name(item)] = (counts[name(item)] ?? 0) + 1
  return Object.fromEntries(Object.entries(counts).sort())
}
