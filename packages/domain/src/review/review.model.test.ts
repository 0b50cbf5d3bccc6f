import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { decideTimeout, decideVote, decideWithdrawal, openReview } from './review.decider.ts'
import type { ReviewEvent, ReviewOpened } from './review.events.ts'
import { type ReviewState, withReviewEvent } from './review.state.ts'

const SEEN = `sha256:${'a'.repeat(64)}`
const EDITED = `sha256:${'b'.repeat(64)}`
const TIMES = ['2026-03-02T12:00:00.000Z', '2026-03-02T12:30:00.000Z', '2026-03-02T14:00:00.000Z']
const HOUR_MS = 3_600_000

/** Ada asked; Bo, Cy and Dee may vote on the first stage, Cy and Fay on the second; Eve may not; Bot is no person. */
const PEOPLE: Readonly<Record<string, readonly string[]>> = {
  ada: ['desk', 'board'],
  bo: ['desk'],
  cy: ['desk', 'board'],
  dee: ['desk'],
  eve: ['other'],
  fay: ['board'],
  bot: ['desk', 'board'],
}

const opened = (
  stages: ReviewOpened['stages'],
  onTimeout: ReviewOpened['onTimeout'],
): ReviewEvent =>
  openReview(
    {
      ...{ kind: 'decision', digest: SEEN, about: {}, domain: 'finance', action: 'discount' },
      ...{ subject: null, decisionId: null, path: 'desk', stages, exclude: ['ada'] },
      ...{ requestedBy: 'ada', onTimeout },
    },
    TIMES[0] as string,
  )

interface Node {
  readonly state: ReviewState
  readonly history: readonly Stamped[]
  readonly now: number
}

/** What happened, by whom, and when: what the rules are checked on, instead of on the state that the decider made. */
interface Stamped {
  readonly event: ReviewEvent
  readonly at: string
}

type Step = (state: ReviewState, at: string) => readonly ReviewEvent[] | Problem

const STEPS: readonly Step[] = [
  ...Object.keys(PEOPLE).flatMap((by) =>
    (['approve', 'decline'] as const).flatMap((verdict) =>
      [SEEN, EDITED].map(
        (digest): Step =>
          (state, at) =>
            decideVote(state, {
              ...{ by, isPerson: by !== 'bot', roles: new Set(PEOPLE[by]), verdict, digest, at },
              reason: { code: 'OTHER' },
            }),
      ),
    ),
  ),
  (state, at) => decideTimeout(state, at),
  ...['ada', 'bo'].map(
    (by): Step =>
      (state) =>
        decideWithdrawal(state, { by, reason: 'changed my mind' }),
  ),
]

/** Every state that can be reached, each by one of its shortest histories; time only goes forward. */
const reachable = (start: ReviewEvent): readonly Node[] => {
  const first = withReviewEvent(undefined, start) as ReviewState
  const nodes: Node[] = [
    { state: first, now: 0, history: [{ event: start, at: TIMES[0] as string }] },
  ]
  const seen = new Set<string>()
  for (const node of nodes) {
    for (let now = node.now; now < TIMES.length; now++) {
      for (const step of STEPS) {
        const at = TIMES[now] as string
        const events = step(node.state, at)
        if (events instanceof Problem || events.length === 0) continue
        const state = events.reduce<ReviewState | undefined>(withReviewEvent, node.state)
        const next = {
          state: state as ReviewState,
          now,
          history: [...node.history, ...events.map((event) => ({ event, at }))],
        }
        // Histories with the same votes in another order are other states: who voted when matters to the rules.
        const key = JSON.stringify([next.history, now])
        if (!seen.has(key)) nodes.push(next)
        seen.add(key)
      }
    }
  }
  return nodes
}

const ENDS = ['ReviewGranted', 'ReviewDeclined', 'ReviewExpired', 'ReviewWithdrawn']

/** What may never be, worked out from the history alone. */
const breaches = ({ history }: Node): readonly string[] => {
  const found: string[] = []
  const { stages, exclude, onTimeout } = (history[0] as { event: { data: ReviewOpened } }).event
    .data
  let stage = 0
  let due = Date.parse(TIMES[0] as string) + (stages[0]?.withinMs ?? 0)
  let ended = false
  const votes: { by: string; stage: number; verdict: string }[] = []
  for (const { event, at } of history.slice(1)) {
    const { type, data } = event
    const approvals = votes.filter((vote) => vote.stage === stage && vote.verdict === 'approve')
    const people = new Set(approvals.map(({ by }) => by)).size
    const isReached = people >= (stages[stage]?.quorum ?? Number.POSITIVE_INFINITY)
    const isOver = Date.parse(at) >= due
    if (ended) found.push(`${type} after the end`)
    if (type === 'VoteCast') {
      if (exclude.includes(data.by)) found.push('a vote of somebody excluded')
      if (data.by === 'bot') found.push('a vote of a program')
      if (!stages[stage]?.roles.some((role) => PEOPLE[data.by]?.includes(role)))
        found.push('a vote without a role')
      if (data.digest !== SEEN) found.push('a vote on something else')
      if (votes.some(({ by }) => by === data.by)) found.push('two votes of one person')
      if (isOver) found.push('a vote after its time')
      votes.push({ by: data.by, stage, verdict: data.verdict })
    }
    if (type === 'ReviewGranted') {
      if (!isReached) found.push('granted below the quorum')
      if (stage !== stages.length - 1) found.push('granted by an early stage')
      if (votes.some(({ verdict }) => verdict === 'decline')) found.push('granted after a decline')
    }
    if (type === 'ReviewAdvanced') {
      if (data.because === 'quorum' && !isReached) found.push('passed on below the quorum')
      if (data.because === 'timeout' && !(isOver && onTimeout === 'next'))
        found.push('passed on without cause')
      stage = data.stage
      due = Date.parse(at) + (stages[stage]?.withinMs ?? 0)
      if (data.due !== new Date(due).toISOString()) found.push('another due time')
    }
    if (type === 'ReviewExpired' && !isOver) found.push('expired before its time')
    if (type === 'ReviewWithdrawn' && data.by !== 'ada') found.push('withdrawn by somebody else')
    ended ||= ENDS.includes(type)
  }
  return found
}

const MODELS: readonly [string, ReviewEvent][] = [
  ['one of the desk', opened([{ roles: ['desk'], quorum: 1, withinMs: HOUR_MS }], 'deny')],
  ['two of the desk', opened([{ roles: ['desk'], quorum: 2, withinMs: HOUR_MS }], 'deny')],
  [
    'the desk, then the board',
    opened(
      [
        { roles: ['desk'], quorum: 1, withinMs: HOUR_MS },
        { roles: ['board'], quorum: 2, withinMs: HOUR_MS },
      ],
      'deny',
    ),
  ],
  [
    'the desk, and the board when the desk is silent',
    opened(
      [
        { roles: ['desk'], quorum: 2, withinMs: HOUR_MS },
        { roles: ['board'], quorum: 1, withinMs: HOUR_MS },
      ],
      'next',
    ),
  ],
]

describe('every history that a review can have', () => {
  it.each(MODELS)('keeps the rules: %s', (_, start) => {
    const nodes = reachable(start)
    expect(nodes.flatMap(breaches)).toEqual([])
    // The search went somewhere: each end was reached, and time was handed on where it can be.
    const ends = new Set(nodes.map(({ state }) => state.status))
    expect([...ends].sort()).toEqual(['declined', 'expired', 'granted', 'open', 'withdrawn'])
    expect(nodes.length).toBeGreaterThan(10)
  })

  it('would show a breach: the rules find one in histories that break them', () => {
    const [, start] = MODELS[1] as [string, ReviewEvent]
    const at = TIMES[0] as string
    const vote = (by: string): Stamped => ({
      event: {
        type: 'VoteCast',
        data: { by, verdict: 'approve', reason: { code: 'OTHER' }, digest: SEEN, stage: 0 },
      },
      at,
    })
    const granted: Stamped = {
      event: { type: 'ReviewGranted', data: { digest: SEEN, by: ['bo'] } },
      at,
    }
    const of = (...told: readonly Stamped[]) =>
      breaches({ state: undefined as never, now: 0, history: [{ event: start, at }, ...told] })
    expect(of(vote('bo'), granted)).toEqual(['granted below the quorum'])
    expect(of(vote('bo'), vote('bo'), granted)).toContain('two votes of one person')
    expect(of(vote('ada'), vote('bo'), granted)).toEqual(['a vote of somebody excluded'])
    expect(of(vote('bo'), vote('cy'), granted, granted)).toEqual(['ReviewGranted after the end'])
  })
})
