import { describe, expect, it } from 'vitest'
import { type Anchor, anchorLine, parseAnchors } from './index.ts'

const ANCHORS: readonly Anchor[] = [1, 7, 7, 300].map((size) => ({
  origin: 'writ.test/acme/main',
  size,
  root: 'ab'.repeat(32),
  time: '2026-03-02T12:00:00.000Z',
}))
const FILE = ANCHORS.map(anchorLine).join('')

describe('an anchor file', () => {
  it('is read as it was written', () => {
    expect(parseAnchors(FILE)).toEqual(ANCHORS)
    expect(parseAnchors('')).toEqual([])
    expect(parseAnchors(`\n${FILE}\n`)).toEqual(ANCHORS)
  })

  it('loses only its last line, wherever a crash cut it', () => {
    const last = anchorLine(ANCHORS[3] as Anchor)
    for (let cut = 2; cut <= last.length; cut++) {
      expect(parseAnchors(FILE.slice(0, -cut))).toEqual(ANCHORS.slice(0, 3))
    }
    // Only the end of the line is missing: the anchor is whole.
    expect(parseAnchors(FILE.slice(0, -1))).toEqual(ANCHORS)
  })

  it('is refused as a whole when any other line is bad', () => {
    const [first = '', ...rest] = FILE.split('\n')
    for (const bad of [
      'x',
      '[]',
      'null',
      '{}',
      first.slice(0, -5),
      first.replace('"size":1', '"size":"1"'),
      first.replace('"size":1', '"size":0'),
      first.replace('"size":1', '"size":-1'),
      first.replace('"size":1', '"size":1.5'),
      first.replace('"size":1', '"size":1,"size":2'),
      first.replace('"root"', '"toor"'),
    ]) {
      expect(() => parseAnchors([bad, ...rest].join('\n'))).toThrow()
    }
  })
})
