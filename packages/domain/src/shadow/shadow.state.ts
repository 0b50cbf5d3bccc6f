import type {
  ShadowEnd,
  ShadowRunEnded,
  ShadowRunEvent,
  ShadowRunStarted,
} from './shadow.events.ts'

/** A shadow run folded from its stream. Immutable: each event gives a new one. */
export interface ShadowRunState {
  /** Events of the stream so far: 1 while it runs, and whoever appends to it counts on that. */
  readonly revision: number
  readonly status: 'running' | ShadowEnd
  readonly started: ShadowRunStarted
  readonly ended: ShadowRunEnded | null
}

/** The state after one more event of the stream; undefined before it is started. The first end stands. */
export const withShadowEvent = (
  state: ShadowRunState | undefined,
  event: ShadowRunEvent,
): ShadowRunState | undefined => {
  if (event.type === 'ShadowRunStarted') {
    return state ?? { revision: 1, status: 'running', started: event.data, ended: null }
  }
  if (state === undefined) return undefined
  const revision = state.revision + 1
  if (state.ended !== null) return { ...state, revision }
  return { ...state, revision, status: event.data.because, ended: event.data }
}
