import { describe, expect, it } from 'vitest'
import { celDurationMs, isoDurationMs } from './duration.ts'
import { instantOf } from './instant.ts'

describe('ISO 8601 durations', () => {
  it.each([
    ['PT1M', 60_000],
    ['PT1H30M', 5_400_000],
    ['P1DT1S', 86_401_000],
    ['P2W', 1_209_600_000],
    ['PT0S', 0],
  ])('%s is %d ms', (text, ms) => expect(isoDurationMs(text)).toBe(ms))
  it.each([
    '',
    'P',
    'PT',
    'P1M',
    'P1Y',
    '1H',
    'PT1.5H',
    '-PT1H',
    'PT1H ',
    'P1DT',
    'PT99999999H',
    'P1W1D',
  ])('%j is none', (text) => expect(isoDurationMs(text)).toBeNull())
})

describe('duration literals of conditions', () => {
  it.each([
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['-36h', -129_600_000],
    ['250ms', 250],
    ['0.25s', 250],
  ])('%s is %d ms', (text, ms) => expect(celDurationMs(text)).toBe(ms))
  it.each(['', '5', 'h', '5x', '1us', '1ns', '0.0001s', '1 h', '9000000h', 'P1D'])(
    '%j is none',
    (text) => expect(celDurationMs(text)).toBeNull(),
  )
})

describe('times', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['1970-01-01T01:00:00.001+01:00', 1],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
    ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
  ])('%s is %d ms', (text, ms) => expect(instantOf(text)).toBe(ms))
  it.each([
    ...['', '2026-12-02', '2026-12-02T12:00Z', '2026-12-02 12:00:00Z', '2026-12-02t12:00:00z'],
    ...[
      '2026-02-29T00:00:00Z',
      '2100-02-29T00:00:00Z',
      '2026-04-31T00:00:00Z',
      '2026-13-01T00:00:00Z',
    ],
    ...[
      '2026-12-02T24:00:00Z',
      '2026-12-02T23:59:60Z',
      '2026-12-02T12:00:00',
      '2026-12-02T12:00:00+24:00',
    ],
    ...[
      '2026-12-02T12:00:00.0001Z',
      '0000-01-01T00:00:00Z',
      '+12026-12-02T12:00:00Z',
      '2026-12-02T12:00:00Z\n',
    ],
  ])('%j is none', (text) => expect(instantOf(text)).toBeNull())
})
