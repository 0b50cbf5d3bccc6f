/** Options every command has. */
export interface OutputOptions {
  /** One JSON document on standard output instead of text. */
  readonly json?: boolean
}

export const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

export const printJson = (value: unknown): void => {
  print(
    JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? Number(inner) : inner), 2),
  )
}

/** A table of left-aligned columns, numbers to the right. */
export const table = (rows: readonly (readonly (string | number)[])[]): string => {
  const cells = rows.map((row) => row.map(String))
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => (row[column] ?? '').length)),
  )
  return cells
    .map((row, r) =>
      row
        .map((cell, c) =>
          typeof rows[r]?.[c] === 'number'
            ? cell.padStart(widths[c] ?? 0)
            : cell.padEnd(widths[c] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
