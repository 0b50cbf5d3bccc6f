import {
  type AlarmMeasure,
  type ControlScope,
  ceilingOf,
  ceilingStream,
  type DriftAlarmRaised,
  type DriftReaction,
  type DriftState,
  decideAlarm,
  driftStream,
} from '@writ/domain'
import type { Append, EventToAppend } from '@writ/event-log'
import { type JsonObject, Problem, timestampOf } from '@writ/kernel'
import {
  DRIFT_DEFAULTS,
  type DriftJudgement,
  type DriftMeasure,
  type DriftSettings,
  judgeDrift,
} from '@writ/learning'
import type { AutonomyLevel } from '@writ/policy-engine'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import type { Controls } from '../shared/control-reader.ts'
import { newEvent } from '../shared/new-event.ts'
import { refusalOf } from '../shared/refusal.ts'
import { alikeAfter, driftHistory } from './drift-history.ts'
import type {
  DecisionsAsked,
  DriftCounter,
  RangesAsked,
  WindowCounts,
  WindowsAsked,
} from './drift-windows.ts'

/** How often a check begins again because a control moved or another check was first. */
const TRIES_MAX = 4
/** Most categories of a mix that an alarm names. Unit: categories. The most frequent ones; an entry has 64 KiB. */
const SHARES_MAX = 20
/** Every decision since they are alike: more than any ledger has. */
const ALL = 1_000_000_000

export interface DriftCommand {
  readonly domain: string
  readonly action?: string
  readonly windows: WindowsAsked
  readonly settings?: Partial<DriftSettings>
  /** Append what is found; else nothing is written. */
  readonly raise?: boolean
  /** Default: one level. */
  readonly lower?: DriftReaction
}

/** What a check found, and what it wrote. */
export interface DriftReport {
  readonly domain: string
  readonly action: string | null
  /** Null: no policy is active, and nothing is compared. */
  readonly policy: {
    readonly name: string
    readonly version: string
    readonly digest: string
  } | null
  /** Decisions up to this position are not compared: the last control of the domain, or a cleared alarm. */
  readonly after: number
  /** How far the counts had come. */
  readonly position: number
  readonly windows: Readonly<Record<'reference' | 'current', Omit<WindowCounts, 'counts'>>>
  readonly judgement: DriftJudgement
  /** The alarm that is open now: raised by this check, or before. */
  readonly open: { readonly alarmId: string; readonly loweredTo: AutonomyLevel | null } | null
  /** This check raised it. */
  readonly raised: boolean
}

/**
 * Compares what a domain decides now with what it decided before. Windows hold decisions of the active policy alone and
 * never reach back over a control, so what people changed is not called drift. With `raise` an alarm and the ceiling it
 * lowers are one append, durable on return; while an alarm is open no second is raised.
 *
 * @problem read-model-behind and what the counter refuses; stale-control, overloaded
 */
export const checkDrift =
  (deps: Deps) =>
  async (
    context: CommandContext,
    command: DriftCommand,
    counter: DriftCounter,
  ): Promise<DriftReport | Problem> => {
    for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
      // 1. Count and judge.
      const found = await look(deps, context, { command, counter })
      if (found instanceof Problem) return found
      const { report } = found
      if (command.raise !== true || report.judgement.verdict !== 'alarm') return report

      // 2. Tell it, and lower what it lowers, in one append; a control or an alarm that came in between is looked at.
      const alarm = drafted(deps, context, { found, lower: command.lower ?? 'one-level' })
      if (alarm === undefined) return report
      const result = await deps.log.append(context.caller.ledger, alarm.append)
      if (result instanceof Problem) return result
      if (result.status === 'stale-control' || result.status === 'conflict') continue
      if (result.status !== 'appended' && result.status !== 'duplicate') return refusalOf(result)
      return { ...report, open: alarm.open, raised: true }
    }
    return new Problem('stale-control', 'A control changed under each try. Repeat the check.', {
      retryAfterSeconds: 1,
    })
  }

/** A check with what its alarm would be decided on. */
interface Found {
  readonly report: DriftReport
  readonly state: DriftState
  readonly controls: Controls
  readonly highest: AutonomyLevel
}

const look = async (
  deps: Deps,
  { caller: { ledger } }: CommandContext,
  { command, counter }: { readonly command: DriftCommand; readonly counter: DriftCounter },
): Promise<Found | Problem> => {
  const { domain, action } = command
  const controls = await deps.controls.fresh(ledger)
  const policy = controls.ledger.active.get(domain) ?? null
  const { state, clearedAt } = await driftHistory(deps, ledger, domain)
  const after = Math.max(clearedAt, await alikeAfter(deps, ledger, domain))
  const asked = { ledger, domain, after, policyDigest: policy?.digest ?? '' }
  const counted = await count(deps, counter, {
    asked: action === undefined ? asked : { ...asked, action },
    windows: command.windows,
  })
  if (counted instanceof Problem) return counted
  const { reference, current, position } = counted
  const judgement = judgeDrift({
    reference: reference.counts,
    current: current.counts,
    settings: { ...DRIFT_DEFAULTS, ...command.settings },
  })
  const report: DriftReport = {
    ...{ domain, action: action ?? null, policy, after, position, judgement },
    windows: { reference: spanOf(reference), current: spanOf(current) },
    open: state.open && { alarmId: state.open.alarmId, loweredTo: state.open.loweredTo },
    raised: false,
  }
  return { report, state, controls, highest: highestLevel([reference, current]) }
}

/** Undefined where an alarm is open already. */
const drafted = (
  deps: Pick<Deps, 'newId' | 'clock'>,
  context: CommandContext,
  {
    found: { report, state, controls, highest },
    lower,
  }: { readonly found: Found; readonly lower: DriftReaction },
): { readonly append: Append; readonly open: DriftReport['open'] } | undefined => {
  const [alarm, ceiling] = decideAlarm(state, {
    found: foundBy(deps.newId(), report),
    actsAt: highest,
    ceiling: ceilingOfDrift(controls, report),
    lower,
  })
  if (alarm === undefined) return undefined
  const { alarmId, loweredTo } = alarm.data
  const told = newEvent(deps, context, {
    ...{ id: alarmId, type: alarm.type, stream: driftStream(report.domain) },
    data: alarm.data as unknown as JsonObject,
  })
  const events: EventToAppend[] = [{ event: told, expectedRevision: state.revision }]
  if (ceiling !== undefined) {
    const event = newEvent(deps, context, {
      ...{ type: ceiling.type, stream: ceilingStream(ceiling.data.scope), causationId: alarmId },
      data: ceiling.data as unknown as JsonObject,
    })
    events.push({ event })
  }
  return {
    append: { caller: context.caller.actor.id, control: controls.token, events },
    open: { alarmId, loweredTo },
  }
}

const count = async (
  deps: Pick<Deps, 'clock'>,
  counter: DriftCounter,
  { asked, windows }: { readonly asked: DecisionsAsked; readonly windows: WindowsAsked },
) => {
  switch (windows.by) {
    case 'decisions': {
      const { current, reference } = windows
      const ranges = { by: 'decisions', skip: 0, current, reference: reference ?? ALL } as const
      return counter.windows({ ...asked, windows: ranges })
    }
    case 'blocks': {
      const { current, reference } = windows
      const { position, decisions } = await counter.decisions(asked)
      const ranges = { by: 'decisions', skip: decisions % current, current, reference } as const
      // What is decided meanwhile would push the block on.
      return counter.windows({ ...asked, through: position, windows: ranges })
    }
    case 'time':
      return counter.windows({ ...asked, windows: timeRanges(deps.clock.now(), windows) })
    default:
      return windows satisfies never
  }
}

const timeRanges = (
  now: number,
  { currentMs, referenceMs }: Extract<WindowsAsked, { by: 'time' }>,
): RangesAsked => ({
  by: 'time',
  until: timestampOf(now),
  currentFrom: timestampOf(now - currentMs),
  referenceFrom: timestampOf(referenceMs === null ? 0 : now - currentMs - referenceMs),
})

const spanOf = ({ first, last, decisions }: WindowCounts) => ({ first, last, decisions })

/** The highest level at which a decision of these windows acted; AL0 where none did by itself. */
const highestLevel = (windows: readonly WindowCounts[]): AutonomyLevel => {
  const levels = windows.flatMap(({ counts }) => [...(counts.level?.keys() ?? [])])
  return (levels.sort().at(-1) ?? 'AL0') as AutonomyLevel
}

/** What drift allows there already: the lowest of the ceilings that reach it. */
const ceilingOfDrift = (
  { ledger: state }: Controls,
  { domain, action }: Pick<DriftReport, 'domain' | 'action'>,
): AutonomyLevel => {
  const scopes: readonly ControlScope[] = [
    { kind: 'ledger' },
    { kind: 'domain', domain },
    ...(action === null ? [] : [{ kind: 'action', domain, action } as const]),
  ]
  const [lowest = 'AL3'] = scopes
    .map((scope) => ceilingOf(state, { scope, source: 'drift' }))
    .sort()
  return lowest
}

const foundBy = (
  alarmId: string,
  { domain, action, judgement, windows, policy }: DriftReport,
): Omit<DriftAlarmRaised, 'loweredTo'> => ({
  // Without a policy no decision is counted, so there is one.
  ...{ alarmId, domain, action, windows, policy: policy?.digest ?? '' },
  measures: judgement.measures.filter(({ judged }) => judged).map(told),
  falseAlarmRate: judgement.falseAlarmRate,
})

/** As an entry holds it: six digits are enough to be read, and the windows say how to compute the rest again. */
const told = (measure: DriftMeasure): AlarmMeasure => {
  const { mix, n, test, df, alarm, categories } = measure
  return {
    ...{ mix, n, test, df, alarm },
    psi: sixDigits(measure.psi),
    statistic: sixDigits(measure.statistic),
    p: sixDigits(measure.p),
    adjustedP: sixDigits(measure.adjustedP),
    shares: categories.slice(0, SHARES_MAX).map(({ category, reference, current }) => ({
      category,
      from: sixDigits(reference / n.reference),
      to: sixDigits(current / n.current),
    })),
  }
}

const sixDigits = (value: number): number => Number(value.toPrecision(6))
