import type { ReplayReport } from './replay-report.ts'
import { evidenceOf, headline, type ReportTable, tablesOf } from './report-tables.ts'

/** A replay report for people, as Markdown with tables. The JSON is the evidence; this names its digest. */
export const replayMarkdown = (report: ReplayReport): string =>
  [
    `# ${escaped(headline(report))}`,
    report.passed ? '**Passed.**' : '**Failed.**',
    evidenceOf(report)
      .map(([name, value]) => `- ${name}: ${escaped(value)}`)
      .join('\n'),
    ...tablesOf(report).map(tableText),
    ...(report.changesOmitted > 0
      ? [`${report.changesOmitted} changed decisions are counted and not listed.`]
      : []),
  ]
    .join('\n\n')
    .concat('\n')

const tableText = ({ title, head, rows, more }: ReportTable): string =>
  [
    `## ${title}\n`,
    line(head),
    line(head.map((_, column) => (typeof rows[0]?.[column] === 'number' ? '---:' : '---'))),
    ...rows.map((row) => line(row.map((cell) => escaped(String(cell))))),
    ...(more > 0 ? [`\n${more} more rows are in the JSON.`] : []),
  ].join('\n')

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** Nothing that a policy is called may become a link, a tag or a further column. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[\r\n\t]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|#!~]/g, '\\$&')
