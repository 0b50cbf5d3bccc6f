import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import {
  decideShadowEnd,
  decideShadowStart,
  dueShadowEnd,
  SHADOW_RUNS_MAX,
  type StartShadow,
} from './shadow.decider.ts'
import type { ShadowRunEnded, ShadowRunEvent, ShadowRunStarted } from './shadow.events.ts'
import { type ShadowRunState, withShadowEvent } from './shadow.state.ts'

const NOON = '2026-03-02T12:00:00.000Z'
const NEXT_WEEK = '2026-03-09T12:00:00.000Z'
const policy = (version: string) => ({
  ...{ name: 'finance', version, digest: `sha256:${version.padEnd(64, '0')}` },
})
const LIVE = policy('1.0.0')
const CANDIDATE = { ...policy('1.1.0'), domain: 'finance', variant: null, revoked: false }

const start = (over: Partial<StartShadow> = {}): StartShadow => ({
  ...{ runId: 'r-1', candidate: CANDIDATE, live: LIVE, until: NEXT_WEEK, severity: 'testing' },
  ...{ by: 'ada', at: NOON, head: 41, running: [] },
  ...over,
})

const started = (over: Partial<StartShadow> = {}): ShadowRunStarted => {
  const decided = decideShadowStart(start(over))
  if (decided instanceof Problem) throw new Error(decided.detail)
  return decided
}

const END: ShadowRunEnded = {
  ...{ runId: 'r-1', because: 'stopped', at: 50, liveDigest: LIVE.digest, reason: 'seen enough' },
}

const given = (data: ShadowRunStarted, ...ends: readonly ShadowRunEnded[]): ShadowRunState =>
  [
    { type: 'ShadowRunStarted', data } as const,
    ...ends.map((end) => ({ type: 'ShadowRunEnded', data: end }) as const),
  ].reduce<ShadowRunState | undefined>(
    (state, event: ShadowRunEvent) => withShadowEvent(state, event),
    undefined,
  ) as ShadowRunState

const refusalOf = (over: Partial<StartShadow>): unknown => {
  const decided = decideShadowStart(start(over))
  return decided instanceof Problem ? (decided.fields.reason ?? decided.code) : decided
}

describe('a shadow run', () => {
  it('pins the candidate, what decides now, and where the log stands', () => {
    expect(started({ severity: 'audit' })).toEqual({
      ...{ runId: 'r-1', domain: 'finance', live: LIVE, from: 41, until: NEXT_WEEK },
      candidate: { ...policy('1.1.0'), variant: null },
      ...{ severity: 'audit', startedBy: 'ada' },
    })
  })

  it.each([
    ['the candidate is what decides', { live: policy('1.1.0') }, 'candidate-active'],
    ['it was revoked', { candidate: { ...CANDIDATE, revoked: true } }, 'policy-revoked'],
    ['it governs another domain', { domain: 'hr' }, 'other-domain'],
    ['nothing decides the domain', { live: undefined }, 'no-live-policy'],
    ['its time is over', { until: NOON }, 'until-past'],
    ['its time is over 90 days', { until: '2026-05-31T12:00:00.001Z' }, 'until-too-late'],
    ['the candidate is being tried', { running: [given(started())] }, 'candidate-running'],
  ] as const)('is refused where %s', (_, over, reason) => {
    expect(refusalOf(over)).toBe(reason)
  })

  it('may last 90 days to the millisecond', () => {
    expect(started({ until: '2026-05-31T12:00:00.000Z' }).until).toBe('2026-05-31T12:00:00.000Z')
  })

  it('may try a variant of what decides, and another variant beside it', () => {
    const of = (variant: string) => ({ ...CANDIDATE, ...LIVE, variant })
    const running = [given(started({ candidate: of('A') }))]
    expect(started({ candidate: of('B'), running }).candidate.variant).toBe('B')
    expect(refusalOf({ candidate: of('A'), running })).toBe('candidate-running')
  })

  it('is one of five at most', () => {
    const running = Array.from({ length: SHADOW_RUNS_MAX }, (_, i) =>
      given(started({ candidate: { ...CANDIDATE, digest: `sha256:${i}` } })),
    )
    expect(refusalOf({ running })).toBe('too-many-runs')
    expect(started({ running: running.slice(1) }).runId).toBe('r-1')
  })

  it('ends once, and ending it again changes nothing', () => {
    const { runId, ...end } = END
    expect(decideShadowEnd(given(started()), end)).toEqual(END)
    expect(decideShadowEnd(given(started(), END), { ...end, because: 'date' })).toBeUndefined()
    expect(decideShadowEnd(undefined, end)).toMatchObject({ code: 'shadow-not-found' })
    expect(given(started(), END, { ...END, because: 'date' })).toMatchObject({
      ...{ status: 'stopped', ended: END, revision: 3 },
    })
  })

  it('is due by its date, and as stale before that where another version decides', () => {
    const state = given(started())
    const liveDigest = LIVE.digest
    expect(dueShadowEnd(state, { at: NOON, liveDigest })).toBeUndefined()
    expect(dueShadowEnd(state, { at: NEXT_WEEK, liveDigest })).toBe('date')
    expect(dueShadowEnd(state, { at: NEXT_WEEK, liveDigest: CANDIDATE.digest })).toBe('stale')
    expect(dueShadowEnd(state, { at: NOON, liveDigest: null })).toBe('stale')
    expect(dueShadowEnd(given(started(), END), { at: NEXT_WEEK, liveDigest: null })).toBeUndefined()
  })
})
