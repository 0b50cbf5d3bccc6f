import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EXACT_TIMESTAMP, isTimestamp, parseTimestamp, timestampOf } from './index.ts'

/** [text, the same moment in our form] */
const READ: readonly (readonly [string, string])[] = [
  ['2026-03-02T12:00:00Z', '2026-03-02T12:00:00.000Z'],
  ['2026-03-02t12:00:00z', '2026-03-02T12:00:00.000Z'],
  ['2026-03-02T12:00:00.5Z', '2026-03-02T12:00:00.500Z'],
  ['2026-03-02T12:00:00.123456789Z', '2026-03-02T12:00:00.123Z'],
  ['2026-03-02T12:00:00+02:00', '2026-03-02T10:00:00.000Z'],
  ['2026-03-02T12:00:00.25-09:30', '2026-03-02T21:30:00.250Z'],
  ['2026-01-01T00:00:00+14:00', '2025-12-31T10:00:00.000Z'],
  ['2026-03-02T12:00:00-00:00', '2026-03-02T12:00:00.000Z'],
  ['2024-02-29T23:59:59.999Z', '2024-02-29T23:59:59.999Z'],
  ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59.000Z'],
]

const NOT_READ: readonly string[] = [
  '',
  '2026-03-02',
  '2026-03-02T12:00:00',
  '2026-03-02 12:00:00Z',
  '2026-03-02T12:00Z',
  '2026-03-02T12:00:00+0200',
  '2026-03-02T12:00:00+02',
  '2026-03-02T12:00:00.Z',
  '2026-03-02T12:00:00.1234567890Z',
  '2026-03-02T12:00:00,5Z',
  '26-03-02T12:00:00Z',
  '+002026-03-02T12:00:00Z',
  '2026-02-29T12:00:00Z',
  '1900-02-29T12:00:00Z',
  '2026-02-30T12:00:00Z',
  '2026-04-31T12:00:00Z',
  '2026-13-01T12:00:00Z',
  '2026-00-01T12:00:00Z',
  '2026-01-00T12:00:00Z',
  '2026-01-32T12:00:00Z',
  '2026-03-02T24:00:00Z',
  '2026-03-02T25:00:00Z',
  '2026-03-02T12:60:00Z',
  '2026-03-02T12:00:60Z',
  '2016-12-31T23:59:60Z',
  '2026-03-02T12:00:61Z',
  '2026-03-02T12:00:00+24:00',
  '2026-03-02T12:00:00+02:60',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-00:01',
  ' 2026-03-02T12:00:00Z',
  '2026-03-02T12:00:00Z\n',
  '2026-03-02T12:00:00ZZ',
  '２026-03-02T12:00:00Z',
]

describe('reads RFC 3339 times with a zone', () => {
  for (const [text, ours] of READ) {
    it(text, () => {
      expect(timestampOf(parseTimestamp(text) as number)).toBe(ours)
    })
  }

  it('each moment again that it has written', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (ms) => {
        expect(parseTimestamp(timestampOf(ms))).toBe(ms)
        expect(isTimestamp(timestampOf(ms))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('reads no other text', () => {
  for (const text of NOT_READ) {
    it(JSON.stringify(text), () => {
      expect(parseTimestamp(text)).toBeUndefined()
      expect(isTimestamp(text)).toBe(false)
    })
  }
})

describe('read exactly, for comparisons', () => {
  const exactly = (text: string) => parseTimestamp(text, EXACT_TIMESTAMP)

  it('is every time of which nothing would be dropped', () => {
    expect(exactly('2026-03-02T12:00:00.25-09:30')).toBe(Date.parse('2026-03-02T21:30:00.250Z'))
    expect(exactly('2026-03-02T12:00:00Z')).toBe(Date.parse('2026-03-02T12:00:00Z'))
  })

  it.each(['2026-03-02T12:00:00.1234Z', '2026-03-02t12:00:00Z', '2026-03-02T12:00:00z'])(
    'is not %s',
    (text) => {
      expect(parseTimestamp(text)).toBeDefined()
      expect(exactly(text)).toBeUndefined()
    },
  )
})

describe('any text', () => {
  const digits = (most: number, width: number) =>
    fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(width, '0'))
  const likeATime = fc
    .tuple(
      ...[digits(9_999, 4), fc.constant('-'), digits(13, 2), fc.constant('-'), digits(32, 2)],
      ...[fc.constantFrom('T', 't', ' '), digits(24, 2), fc.constant(':'), digits(60, 2)],
      ...[fc.constant(':'), digits(60, 2), fc.constantFrom('', '.', '.5', '.123456789')],
      fc.constantFrom('Z', 'z', '+00:00', '-23:59', '+14:30', '+24:00', '+1:00', ''),
    )
    .map((parts) => parts.join(''))

  it('that is read is the moment Date.parse reads, its day in the calendar', () => {
    fc.assert(
      fc.property(likeATime, (text) => {
        const ms = parseTimestamp(text)
        if (ms === undefined) return
        expect(ms).toBe(Date.parse(text.toUpperCase()))
        const day = text.slice(0, 10)
        expect(timestampOf(Date.parse(`${day}T00:00:00Z`)).slice(0, 10)).toBe(day)
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('our form', () => {
  it('has three digits of a fraction, a capital T and a capital Z', () => {
    expect(isTimestamp('2026-03-02T12:00:00.000Z')).toBe(true)
    for (const text of [
      '2026-03-02T12:00:00Z',
      '2026-03-02T12:00:00.00Z',
      '2026-03-02T12:00:00.0000Z',
      '2026-03-02t12:00:00.000Z',
      '2026-03-02T12:00:00.000z',
      '2026-03-02T12:00:00.000+00:00',
    ]) {
      expect(isTimestamp(text)).toBe(false)
    }
  })
})
