import { describe, expect, it } from 'vitest'
import { glob, isZone, lowerAscii } from './cel-functions.ts'
import { decide } from './decide.ts'
import { inputOf, rulesOf, tinyPolicy } from './tiny-policy.fixture.ts'

describe('glob', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'ab', false],
    ['', '', true],
    ['', '*', true],
    ['abc', '*', true],
    ['abc', 'a*', true],
    ['abc', '*c', true],
    ['abc', 'a*c', true],
    ['ac', 'a*c', true],
    ['a', 'a*a', false],
    ['aXbXc', 'a*b*c', true],
    ['aXcXb', 'a*b*c', false],
    ['abab', '*ab*ab', true],
    ['ab', '*ab*ab', false],
    ['abc', '**', true],
    ['a.c', 'a?c', false],
    ['axc', 'a.c', false],
  ])('of %j and %j is %j', (text, pattern, fits) => expect(glob(text, pattern)).toBe(fits))

  it('stays linear where a back-tracking pattern would not end', () => {
    const before = performance.now()
    expect(glob('a'.repeat(10_000), `${'*a'.repeat(100)}*b`)).toBe(false)
    expect(performance.now() - before).toBeLessThan(100)
  })
})

describe('lowerAscii lowers A to Z and nothing else', () => {
  it.each([
    ['ÄBC', 'Äbc'],
    ['İI', 'İi'],
    ['ΣK', 'Σk'],
  ])('%s becomes %s', (text, lower) => expect(lowerAscii(text)).toBe(lower))
})

describe('time zones', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])(
    '%s is one',
    (zone) => expect(isZone(zone)).toBe(true),
  )
  it.each(['', 'utc', 'CET+1', '+02:00', 'Europe/Atlantis', 'Europe/Berlin; drop'])(
    '%j is none',
    (zone) => expect(isZone(zone)).toBe(false),
  )

  const holds = (when: string, at: string) =>
    decide(tinyPolicy({ rules: rulesOf([{ when }]) }), inputOf({}, { at })).values.rules['rule-0']

  it.each([
    // The night in which Berlin leaves summer time: 02:30 comes twice.
    ["now.getHours('Europe/Berlin') == 2", '2026-10-25T00:30:00.000Z'],
    ["now.getHours('Europe/Berlin') == 2", '2026-10-25T01:30:00.000Z'],
    // The night in which it begins: 02:30 does not exist.
    ["now.getHours('Europe/Berlin') == 3", '2026-03-29T01:30:00.000Z'],
    // In New York this is 02:30, an hour that Berlin skips on the same day.
    ["now.getHours('America/New_York') == 2", '2026-03-29T06:30:00.000Z'],
    [
      "now.getHours('Asia/Kathmandu') == 5 && now.getMinutes('Asia/Kathmandu') == 45",
      '2026-01-01T00:00:00.000Z',
    ],
    [
      "now.getDate('Pacific/Auckland') == 2 && now.getDayOfMonth('Pacific/Auckland') == 1",
      '2026-01-01T12:00:00.000Z',
    ],
    [
      "now.getFullYear('Pacific/Auckland') == 2027 && now.getMonth('Pacific/Auckland') == 0",
      '2026-12-31T12:00:00.000Z',
    ],
    [
      "now.getDayOfWeek('Europe/Berlin') == 0 && now.getDayOfWeek() == 6",
      '2026-01-03T23:30:00.000Z',
    ],
    [
      "now.getDayOfYear() == 364 && now.getDayOfYear('Europe/Berlin') == 0",
      '2026-12-31T23:30:00.000Z',
    ],
    ['now.getDayOfYear() == 365', '2028-12-31T00:00:00.000Z'],
    ["now.getHours('Europe/Berlin') == 0", '2026-01-01T23:00:00.000Z'],
    [
      "now.getSeconds('Europe/Berlin') == 7 && now.getMilliseconds('Europe/Berlin') == 89",
      '2026-01-01T00:00:07.089Z',
    ],
  ])('%s at %s, wherever the server stands', (when, at) => {
    const home = process.env.TZ
    try {
      for (const zone of ['UTC', 'America/New_York', 'Europe/Berlin', 'Pacific/Auckland']) {
        process.env.TZ = zone
        expect(holds(when, at), zone).toBe(true)
      }
    } finally {
      if (home === undefined) delete process.env.TZ
      else process.env.TZ = home
    }
  })
})
