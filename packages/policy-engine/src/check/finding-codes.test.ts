import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { FINDINGS } from './finding-codes.ts'

it('the documentation lists exactly these codes, with gate, severity and sentence', () => {
  const page = readFileSync(
    new URL('../../../../docs/reference/policy-check.md', import.meta.url),
    'utf8',
  )
  const rows = page.split('\n').flatMap((line) => {
    const [, code, gate, severity, says] =
      /^\| `([a-z-]+)` +\| ([a-z]+) +\| (error|warning|note) +\| (.+?) +\|$/.exec(line) ?? []
    return code === undefined ? [] : [[code, { gate, severity, says }] as const]
  })
  expect(Object.fromEntries(rows)).toEqual(FINDINGS)
  expect(rows.length).toBe(Object.keys(FINDINGS).length)
})
