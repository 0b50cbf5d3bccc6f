export interface Repeated {
  /** Ends the repetition after the round under way. */
  stop(): Promise<void>
}

/** Does something again and again, each round `everyMs` after the end of the one before; a round that fails is told. */
export const repeat = ({
  everyMs,
  round,
  onFault,
}: {
  readonly everyMs: number
  readonly round: () => Promise<void>
  readonly onFault: (fault: unknown) => void
}): Repeated => {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let stopped = false
  const wait = (): void => {
    timer = setTimeout(() => {
      running = round()
        .catch(onFault)
        .then(() => {
          if (!stopped) wait()
        })
    }, everyMs).unref()
  }
  wait()
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
