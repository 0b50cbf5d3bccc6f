import { cpus, totalmem } from 'node:os'

/** One line of a bench. `ratio` is judged where there is a budget; values are a guide for this machine only. */
export interface Figure {
  readonly bench: string
  readonly figure: string
  readonly value: number
  readonly unit: string
  readonly baseline?: number
  readonly ratio?: number
  readonly n: number
  readonly ms?: { readonly p50: number; readonly p95: number; readonly p99: number }
  /** Lowest and highest ratio of the rounds, for the noise. */
  readonly range?: readonly [number, number]
  readonly budget?: string
  readonly ok?: boolean
}

const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`

let json = false
let missed = 0
export const useJson = (on: boolean): void => {
  json = on
}
export const budgetsMissed = (): number => missed

export const report = (figure: Figure): void => {
  if (figure.ok === false) missed++
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ ...figure, at: new Date().toISOString(), machine })}\n`,
    )
    return
  }
  const parts = [
    `${figure.bench} ${figure.figure}`.padEnd(28),
    `${round(figure.value)} ${figure.unit}`.padStart(16),
  ]
  if (figure.baseline !== undefined) parts.push(`baseline ${round(figure.baseline)}`)
  if (figure.ratio !== undefined) parts.push(`ratio ${figure.ratio.toFixed(2)}`)
  if (figure.range !== undefined)
    parts.push(`(${figure.range.map((one) => one.toFixed(2)).join(' to ')})`)
  if (figure.ms !== undefined)
    parts.push(
      `p50 ${figure.ms.p50.toFixed(1)} p95 ${figure.ms.p95.toFixed(1)} p99 ${figure.ms.p99.toFixed(1)} ms`,
    )
  if (figure.budget !== undefined)
    parts.push(`budget ${figure.budget} ${figure.ok ? 'met' : 'MISSED'}`)
  process.stdout.write(`${parts.join('  ')}\n`)
}

export const note = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

const round = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

export const quantile = (sorted: ArrayLike<number>, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0

export const latencies = (values: readonly number[]): { p50: number; p95: number; p99: number } => {
  const sorted = Float64Array.from(values).sort()
  return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99) }
}

/** Ratio of two rates measured in turn, round by round: median of the rounds' ratios, with its range. */
export const ratioOf = (
  ours: readonly number[],
  theirs: readonly number[],
): { value: number; baseline: number; ratio: number; range: readonly [number, number] } => {
  const ratios = ours.map((one, i) => one / (theirs[i] as number))
  return {
    value: median(ours),
    baseline: median(theirs),
    ratio: median(ratios),
    range: [Math.min(...ratios), Math.max(...ratios)],
  }
}

export const atLeast = (ratio: number, budget: number): { budget: string; ok: boolean } => ({
  budget: `>= ${budget}`,
  ok: ratio >= budget,
})
