import type { ReviewEvent, ReviewOpened, ReviewStage, VoteCast } from './review.events.ts'

export type ReviewStatus = 'open' | 'granted' | 'declined' | 'expired' | 'withdrawn'

/** A review folded from its stream. Immutable: each event gives a new one. */
export interface ReviewState {
  /** Events of the stream so far. */
  readonly revision: number
  readonly status: ReviewStatus
  readonly opened: ReviewOpened
  /** Index of the stage that is asked, from 0. */
  readonly stage: number
  /** When the time of that stage is up. */
  readonly due: string
  /** Of all stages, in the order cast. */
  readonly votes: readonly VoteCast[]
}

/** The state after one more event of the stream; undefined before it is opened. */
export const withReviewEvent = (
  state: ReviewState | undefined,
  event: ReviewEvent,
): ReviewState | undefined => {
  if (event.type === 'ReviewOpened') {
    const { data: opened } = event
    return state ?? { revision: 1, status: 'open', opened, stage: 0, due: opened.due, votes: [] }
  }
  if (state === undefined) return undefined
  return { ...state, ...changeBy(state, event), revision: state.revision + 1 }
}

type Later = Exclude<ReviewEvent, { type: 'ReviewOpened' }>

const changeBy = (state: ReviewState, event: Later): Partial<ReviewState> => {
  switch (event.type) {
    case 'VoteCast':
      return { votes: [...state.votes, event.data] }
    case 'ReviewAdvanced':
      return { stage: event.data.stage, due: event.data.due }
    case 'ReviewGranted':
      return { status: 'granted' }
    case 'ReviewDeclined':
      return { status: 'declined' }
    case 'ReviewExpired':
      return { status: 'expired' }
    case 'ReviewWithdrawn':
      return { status: 'withdrawn' }
    default:
      return event satisfies never
  }
}

/** Who is asked now. */
export const stageOf = ({ opened, stage }: ReviewState): ReviewStage =>
  opened.stages[stage] as ReviewStage
