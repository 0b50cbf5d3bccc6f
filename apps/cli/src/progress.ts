import { Presets, SingleBar } from 'cli-progress'

/** Tells how far something long has come. */
export interface Progress {
  update(done: number, of: number): void
  stop(): void
}

/**
 * A bar with rate and time left on a terminal; elsewhere a line every few seconds, so that logs show life too. Always
 * on standard error: standard output belongs to the result.
 */
export const progress = (label: string, quiet: boolean): Progress => {
  if (quiet) return { update: () => {}, stop: () => {} }
  return process.stderr.isTTY ? bar(label) : lines(label)
}

const bar = (label: string): Progress => {
  const single = new SingleBar(
    {
      format: `${label} {bar} {percentage}% {value}/{total} {rate}/s ETA {eta_formatted}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  )
  const started = performance.now()
  let running = false
  return {
    update: (done, of) => {
      if (!running) single.start(of, 0, { rate: 0 })
      running = true
      single.setTotal(of)
      single.update(done, { rate: rateOf(done, started) })
    },
    stop: () => {
      if (running) single.stop()
    },
  }
}

const LINE_INTERVAL_MS = 5_000

const lines = (label: string): Progress => {
  const started = performance.now()
  let last = started
  return {
    update: (done, of) => {
      if (performance.now() - last < LINE_INTERVAL_MS) return
      last = performance.now()
      const rate = rateOf(done, started)
      const left = rate === 0 ? '?' : Math.ceil((of - done) / rate)
      process.stderr.write(`${label}: ${done}/${of}, ${rate}/s, ${left} s left\n`)
    },
    stop: () => {},
  }
}

const rateOf = (done: number, started: number): number =>
  Math.round(done / Math.max(0.001, (performance.now() - started) / 1000))
