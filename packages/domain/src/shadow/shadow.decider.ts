import { Problem, parseTimestamp, timestampOf } from '@writ/kernel'
import type { PinnedPolicy } from '../decision/decision.events.ts'
import type {
  ShadowEnd,
  ShadowRunEnded,
  ShadowRunStarted,
  ShadowSeverity,
} from './shadow.events.ts'
import type { ShadowRunState } from './shadow.state.ts'

/** Most runs of a ledger at a time. Each judges every decision of its domain once more, on the same machine. */
export const SHADOW_RUNS_MAX = 5
/** Longest time a run may be given. One that nobody ends should not judge for years. Unit: ms. */
export const SHADOW_MS_MAX = 90 * 24 * 3_600_000

export interface StartShadow {
  readonly runId: string
  readonly candidate: PinnedPolicy & {
    readonly domain: string
    readonly variant: string | null
    readonly revoked: boolean
  }
  /** Domain the caller means; absent: the candidate's. */
  readonly domain?: string
  /** What decides that domain now. */
  readonly live: PinnedPolicy | undefined
  readonly until: string
  readonly severity: ShadowSeverity
  readonly by: string
  readonly at: string
  /** Position of the last entry. */
  readonly head: number
  /** Runs of the ledger that have not ended. */
  readonly running: readonly ShadowRunState[]
}

/**
 * Starts a run, or says why not. Whether the candidate is published was asked before.
 *
 * @problem shadow-refused, policy-revoked
 */
export const decideShadowStart = (command: StartShadow): ShadowRunStarted | Problem => {
  const { runId, candidate, live, until, severity, by, head } = command
  const refusal = candidateRefusal(command) ?? timeRefusal(command) ?? runsRefusal(command)
  if (refusal !== undefined) return refusal
  const { domain, name, version, variant, digest } = candidate
  return {
    ...{ runId, domain, live: live as PinnedPolicy, from: head, until, severity },
    candidate: { name, version, variant, digest },
    startedBy: by,
  }
}

/**
 * Ends a run. Ending it again changes nothing.
 *
 * @returns undefined where it has ended already
 * @problem shadow-not-found
 */
export const decideShadowEnd = (
  state: ShadowRunState | undefined,
  end: Omit<ShadowRunEnded, 'runId'>,
): ShadowRunEnded | undefined | Problem => {
  if (state === undefined) {
    return new Problem('shadow-not-found', 'There is no shadow run with this id in this ledger.')
  }
  return state.ended === null ? { runId: state.started.runId, ...end } : undefined
}

/** Why a run has to end by now; undefined while it may go on. */
export const dueShadowEnd = (
  { status, started }: ShadowRunState,
  now: { readonly at: string; readonly liveDigest: string | null },
): Exclude<ShadowEnd, 'stopped'> | undefined => {
  if (status !== 'running') return undefined
  // What is compared with another version would be read as the candidate's doing.
  if (now.liveDigest !== started.live.digest) return 'stale'
  return now.at >= started.until ? 'date' : undefined
}

const candidateRefusal = ({ candidate, domain, live }: StartShadow): Problem | undefined => {
  const reference = `${candidate.name}@${candidate.version}`
  if (candidate.revoked) {
    return new Problem('policy-revoked', `${reference} was revoked and can never be active again.`)
  }
  if (domain !== undefined && domain !== candidate.domain) {
    return refused('other-domain', `${reference} governs ${candidate.domain}, not ${domain}.`)
  }
  if (live === undefined) {
    return refused('no-live-policy', `No policy is active for ${candidate.domain}.`)
  }
  // A variant of what is active is another candidate: it decides otherwise than its control.
  if (live.digest === candidate.digest && candidate.variant === null) {
    return refused('candidate-active', `${reference} is what decides; name another version.`)
  }
  return undefined
}

const timeRefusal = ({ until, at }: StartShadow): Problem | undefined => {
  const untilMax = timestampOf((parseTimestamp(at) ?? 0) + SHADOW_MS_MAX)
  if (until <= at) return refused('until-past', `until is ${until}, and it is ${at} already.`)
  if (until <= untilMax) return undefined
  return refused('until-too-late', `A run lasts 90 days at most: until ${untilMax}, not ${until}.`)
}

const runsRefusal = ({ candidate, running }: StartShadow): Problem | undefined => {
  const same = running.find(
    ({ started }) =>
      started.domain === candidate.domain &&
      started.candidate.digest === candidate.digest &&
      started.candidate.variant === candidate.variant,
  )
  if (same !== undefined) {
    const { runId } = same.started
    return refused('candidate-running', `Run ${runId} tries this candidate already.`, { runId })
  }
  if (running.length < SHADOW_RUNS_MAX) return undefined
  const runs = running.map(({ started }) => started.runId).join(', ')
  return refused(
    'too-many-runs',
    `${SHADOW_RUNS_MAX} runs at a time are enough; stop one: ${runs}.`,
  )
}

const refused = (reason: string, detail: string, fields: object = {}): Problem =>
  new Problem('shadow-refused', detail, { reason, ...fields })
