import type { MatrixCell, ReplayReport } from './replay-report.ts'
import { evidenceOf, headline, type ReportTable, tablesOf } from './report-tables.ts'

/**
 * A replay report for people as one HTML file: no script, no reference to anything outside, every text escaped. The
 * JSON is the evidence; this names its digest.
 */
export const replayHtml = (report: ReplayReport): string =>
  [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    // Were anything to slip through the escaping, the browser still loads and runs nothing.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escaped(headline(report))}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escaped(headline(report))}</h1>`,
    `<p class="${report.passed ? 'passed' : 'failed'}">${report.passed ? 'Passed' : 'Failed'}</p>`,
    '<dl>',
    ...evidenceOf(report).map(
      ([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`,
    ),
    '</dl>',
    classBars(report),
    heatMatrix(report.matrix),
    ...tablesOf(report).map(tableText),
    '</body></html>\n',
  ].join('\n')

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1c2430}
h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:2rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}
dt{color:#5a6473}dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,monospace;font-size:.85rem}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #dfe3e8;padding:.25rem .5rem;text-align:left;
overflow-wrap:anywhere}td.number{text-align:right;font-variant-numeric:tabular-nums}
.passed{color:#0a6b35;font-weight:600}.failed{color:#a3161f;font-weight:600}svg text{font:12px system-ui,sans-serif}`

const BAR_LEFT = 170
const BAR_WIDTH = 460
const ROW = 24

/** How many decisions each class has. */
const classBars = ({ classes, selection }: ReplayReport): string => {
  const rows = Object.entries(classes)
  const bars = rows.map(([name, decisions], i) => {
    const y = i * ROW
    const width = Math.max(decisions === 0 ? 0 : 1, (decisions / selection.decisions) * BAR_WIDTH)
    return (
      `<text x="${BAR_LEFT - 8}" y="${y + 16}" text-anchor="end">${escaped(name)}</text>` +
      `<rect x="${BAR_LEFT}" y="${y + 4}" width="${width.toFixed(1)}" height="16" fill="#3c6fb4"/>` +
      `<text x="${(BAR_LEFT + width + 6).toFixed(1)}" y="${y + 16}">${decisions}</text>`
    )
  })
  return svg(
    'Decisions by class',
    { width: BAR_LEFT + BAR_WIDTH + 80, height: rows.length * ROW },
    bars,
  )
}

const CELL_WIDTH = 108
const CELL_HEIGHT = 30

/** Old results down, new results across; the darker, the more. */
const heatMatrix = (matrix: readonly MatrixCell[]): string => {
  const before = sortedNames(matrix.map((cell) => cell.before))
  const after = sortedNames(matrix.map((cell) => cell.after))
  if (matrix.length === 0) return ''
  const most = Math.max(...matrix.map(({ decisions }) => decisions))
  const across = after.map(
    (name, i) =>
      `<text x="${BAR_LEFT + i * CELL_WIDTH + CELL_WIDTH / 2}" y="18" text-anchor="middle">${escaped(name)}</text>`,
  )
  const down = before.map(
    (name, i) =>
      `<text x="${BAR_LEFT - 8}" y="${(i + 1) * CELL_HEIGHT + 20}" text-anchor="end">${escaped(name)}</text>`,
  )
  const cells = matrix.map((cell) => {
    const x = BAR_LEFT + after.indexOf(nameOf(cell.after)) * CELL_WIDTH
    const y = (before.indexOf(nameOf(cell.before)) + 1) * CELL_HEIGHT
    const share = cell.decisions / most
    return (
      `<rect x="${x}" y="${y}" width="${CELL_WIDTH - 2}" height="${CELL_HEIGHT - 2}"` +
      ` fill="#3c6fb4" fill-opacity="${(0.15 + 0.85 * share).toFixed(2)}"/>` +
      `<text x="${x + CELL_WIDTH / 2}" y="${y + 19}" text-anchor="middle"` +
      ` fill="${share > 0.45 ? '#fff' : '#1c2430'}">${cell.decisions}</text>`
    )
  })
  const size = {
    width: BAR_LEFT + after.length * CELL_WIDTH,
    height: (before.length + 1) * CELL_HEIGHT,
  }
  return svg('Results before (down) and after (across)', size, [...across, ...down, ...cells])
}

const nameOf = ({ outcome, level }: MatrixCell['before']): string => `${outcome} ${level}`

const sortedNames = (results: readonly MatrixCell['before'][]): readonly string[] =>
  [...new Set(results.map(nameOf))].sort()

const svg = (
  title: string,
  { width, height }: { readonly width: number; readonly height: number },
  parts: readonly string[],
): string =>
  `<h2>${escaped(title)}</h2><svg role="img" aria-label="${escaped(title)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${parts.join('')}</svg>`

const tableText = ({ title, head, rows, more }: ReportTable): string =>
  [
    `<h2>${escaped(title)}</h2><table>`,
    `<thead><tr>${head.map((cell) => `<th>${escaped(cell)}</th>`).join('')}</tr></thead><tbody>`,
    ...rows.map((row) => `<tr>${row.map(cellText).join('')}</tr>`),
    `</tbody></table>${more > 0 ? `<p>${more} more rows are in the JSON.</p>` : ''}`,
  ].join('\n')

const cellText = (cell: string | number): string =>
  typeof cell === 'number' ? `<td class="number">${cell}</td>` : `<td>${escaped(cell)}</td>`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? '')
