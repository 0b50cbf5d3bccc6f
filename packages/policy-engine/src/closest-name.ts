/** The known name that a misspelt one is closest to, or undefined where none is close. Ties: the first. */
export const closest = (name: string, known: Iterable<string>): string | undefined => {
  // A third of the letters, at least one: `dscount` finds `discount`, `b` does not find `a`.
  let best = Math.max(1, Math.floor(name.length / 3)) + 1
  let found: string | undefined
  for (const each of known) {
    const distance = editDistance(name.toLowerCase(), each.toLowerCase())
    if (distance < best && each.length > 1) [best, found] = [distance, each]
  }
  return found
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
export const editDistance = (from: string, to: string): number => {
  let before: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, j) => j)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      }
      row.push(least)
    }
    before = last
    last = row
  }
  return last[to.length] ?? 0
}
