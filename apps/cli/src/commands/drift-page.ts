import type { DriftReport } from '@writ/commands'
import { table } from '../output.ts'

type Measure = DriftReport['judgement']['measures'][number]

/** Widest bar. Unit: characters; one is 2.5 % of a window. */
const BAR_MAX = 40
/** Most categories drawn for a mix. Unit: categories, the most frequent ones. */
const DRAWN_MAX = 8

/** A check for people: what was compared, a row a mix, and a picture of those that moved. */
export const driftPage = (report: DriftReport): string => {
  const { judgement, windows, open } = report
  const { verdict, measures } = judgement
  const { reference, current } = windows
  const what = [report.domain, report.action].filter((part) => part !== null).join('/')
  const of =
    report.policy === null
      ? 'no policy is active'
      : `${report.policy.name}@${report.policy.version}, decisions after position ${report.after}`
  const shown = measures.filter(({ alarm }) => alarm)
  return [
    `${what}: ${WORDS[verdict]} (${of})`,
    `reference ${spanText(reference)}; current ${spanText(current)}`,
    table([
      ['mix', 'n before', 'n now', 'PSI', 'p (Holm)', 'largest shift', 'verdict'],
      ...measures.map(rowOf),
    ]),
    ...shown.map(picture),
    ...(open === null ? [] : [openText(report, open)]),
  ].join('\n')
}

const WORDS = { steady: 'steady', alarm: 'ALARM', 'too-few': 'too few to judge' } as const

const spanText = ({ decisions, first, last }: DriftReport['windows']['current']): string =>
  decisions === 0 ? '0 decisions' : `${decisions} decisions at positions ${first} to ${last}`

const rowOf = (measure: Measure): readonly (string | number)[] => {
  const { mix, n, judged, largestShift: shift, alarm } = measure
  return [
    mix,
    n.reference,
    n.current,
    judged ? measure.psi.toFixed(3) : '–',
    judged ? probability(measure.adjustedP) : '–',
    shift === null ? '–' : `${shift.category} ${percent(shift.from)} → ${percent(shift.to)}`,
    alarm ? 'ALARM' : judged ? 'steady' : 'too few',
  ]
}

const picture = ({ mix, n, categories }: Measure): string => {
  const shown = categories.slice(0, DRAWN_MAX)
  const width = Math.max(...shown.map(({ category }) => category.length))
  const lines = shown.flatMap(({ category, reference, current }) => [
    `  ${category.padEnd(width)}  before ${bar(reference / n.reference)}`,
    `  ${''.padEnd(width)}  now    ${bar(current / n.current)}`,
  ])
  return [`\n${mix}`, ...lines].join('\n')
}

const bar = (share: number): string =>
  `${'█'.repeat(Math.round(share * BAR_MAX)).padEnd(BAR_MAX, '·')} ${percent(share)}`

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const probability = (p: number): string => (p < 0.0001 ? '< 0.0001' : p.toFixed(4))

const openText = (
  { raised }: DriftReport,
  { alarmId, loweredTo }: NonNullable<DriftReport['open']>,
): string => {
  const ceiling =
    loweredTo === null ? 'the ceiling was left' : `the ceiling was lowered to ${loweredTo}`
  return [
    `\n${raised ? 'Raised' : 'Open since before'}: alarm ${alarmId}; ${ceiling}.`,
    `A person clears it: writ drift clear ${alarmId} --reason …`,
  ].join('\n')
}
