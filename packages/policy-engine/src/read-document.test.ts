import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { loadPolicy } from './load-policy.ts'
import { readDocument } from './read-document.ts'
import { shippedText } from './tiny-policy.fixture.ts'

const refusal = (text: string) => {
  const problem = readDocument(text)
  if (!(problem instanceof Problem)) throw new Error('the text was read')
  expect(problem.code).toBe('policy-unreadable')
  const { errors, line, column } = problem.fields
  expect(errors).toHaveLength(1)
  return { message: errors?.[0]?.message, line, column }
}

const contentOf = (text: string) => {
  const document = readDocument(text)
  if (document instanceof Problem) throw new Error(document.detail)
  return document.value
}

describe('a policy file is YAML 1.2 core or JSON', () => {
  it('reads JSON and YAML of the same content as the same value', () => {
    expect(contentOf('{"a": 1.50, "b": [true, null, "x"]}')).toEqual(
      contentOf('a: 1.5\nb:\n  - true\n  - null\n  - x\n'),
    )
  })

  it('keeps words of YAML 1.1 and times as texts', () => {
    expect(contentOf('a: yes\nb: off\nc: 2026-12-02T09:00:00Z\n')).toEqual({
      a: 'yes',
      b: 'off',
      c: '2026-12-02T09:00:00Z',
    })
  })

  it('reads an alias as the value it stands for', () => {
    expect(contentOf('a: &x [1, 2]\nb: *x\n')).toEqual({ a: [1, 2], b: [1, 2] })
  })

  it('turns negative zero into zero, whose canonical form it shares', () => {
    expect(Object.is((contentOf('a: -0.0') as { a: number }).a, 0)).toBe(true)
  })
})

describe('what cannot be read is refused with line and column', () => {
  const CASES = [
    ['a repeated key', 'a: 1\nb: 2\na: 3\n', 'the key "a" is repeated', 3, 1],
    ['a repeated key deep inside', 'a:\n  b: {c: 1, c: 2}\n', 'the key "c" is repeated', 2, 13],
    ['a tab as indentation', 'a:\n\tb: 1\n', 'tabs are not allowed as indentation', 2, 1],
    ['several documents', 'a: 1\n---\nb: 2\n', 'one file holds one document', 2, 1],
    ['a custom tag', 'a: 1\nb: !shell rm\n', 'unresolved tag: !shell', 2, 4],
    ['a known tag', 'a: !!str 5\n', 'the tag tag:yaml.org,2002:str is not allowed', 1, 10],
    ['a tag of YAML 1.1', 'a: !!binary aGk=\n', 'unresolved tag: tag:yaml.org,2002:binary', 1, 4],
    ['a directive', '%YAML 1.1\n---\na: yes\n', 'YAML directives are not allowed', 1, 1],
    ['an unknown alias', 'a: *nobody\n', 'the alias *nobody has no anchor before it', 1, 4],
    [
      'an alias inside its own anchor',
      'a: &a [*a]\n',
      'the alias *a has no anchor before it',
      1,
      8,
    ],
    ['infinity', 'a: .inf\n', '.inf is not a JSON number', 1, 4],
    ['an integer beyond 2^53-1', 'a: 9007199254740993\n', /beyond 2\^53-1/, 1, 4],
    [
      'digits that no double keeps',
      'a: 0.1000000000000000055\n',
      /more digits than a double/,
      1,
      4,
    ],
    ['half of a surrogate pair', 'a: "\\ud800"\n', 'a text holds half of a surrogate pair', 1, 4],
    ['a null character', 'a: "\\0"\n', 'a text holds the character U+0000', 1, 4],
    ['__proto__ as a key', '{"__proto__": 1}', 'the key "__proto__" is not allowed', 1, 2],
    ['a key that is no text', '? [a]\n: 1\n', /keys must be strings/, 1, 3],
    ['an empty file', '', 'the file is empty', 1, 1],
    ['comments alone', '# nothing\n', 'the file is empty', 1, 1],
    ['an open bracket', 'a: [1, 2\nb: 3\n', /flow/i, 2, 1],
  ] as const

  it.each(CASES)('%s', (_, text, message, line, column) => {
    const refused = refusal(text)
    if (typeof message === 'string') expect(refused.message).toBe(message)
    else expect(refused.message).toMatch(message)
    expect([refused.line, refused.column]).toEqual([line, column])
  })

  it('is a problem of loadPolicy, too', () => {
    const problem = loadPolicy('a: 1\na: 2\n')
    expect(problem).toBeInstanceOf(Problem)
    expect((problem as Problem).code).toBe('policy-unreadable')
  })
})

describe('a file that is a weapon is refused within a second', () => {
  const bomb = () => {
    let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n'
    for (let i = 1; i < 12; i++) {
      text += `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]\n`
    }
    return text
  }

  it.each([
    ['a bomb of aliases', bomb, /more than 100 aliases/],
    ['a file of 5 MB', () => `a: ${'x'.repeat(5_000_000)}`, /larger than 1048576 bytes/],
    ['brackets half a million deep', () => '['.repeat(500_000), /deeper than 32 levels/],
    ['maps a hundred thousand deep', () => '{a: '.repeat(100_000), /deeper than 32 levels/],
    ['lists a hundred thousand deep', () => '- '.repeat(100_000), /deeper than 32 levels/],
    ['an exclamation a million long', () => `a: ${'!'.repeat(1_000_000)}`, /./],
  ])('%s', (_, make, message) => {
    const text = make()
    const before = performance.now()
    expect(refusal(text).message).toMatch(message)
    expect(performance.now() - before).toBeLessThan(1000)
  })

  it('takes as many values as a large policy has, and no more', () => {
    const rules = (count: number) => `[${Array(count).fill('1').join(',')}]`
    expect(contentOf(rules(15_000))).toHaveLength(15_000)
    expect(refusal(rules(25_000)).message).toMatch(/more than 20000 values/)
  })
})

describe('the identity of a policy is what it says', () => {
  const digestOf = (text: string) => {
    const policy = loadPolicy(text)
    if (policy instanceof Problem) throw new Error(policy.detail)
    return policy.digest
  }
  const text = shippedText('finance-constitution-1.0.0')

  it('does not change with layout, comments or notation', () => {
    const asJson = JSON.stringify(contentOf(text), null, 2)
    expect(digestOf(asJson)).toBe(digestOf(text))
    expect(
      digestOf(`# another comment\n${text.replace('0.15, min: 0,', '0.150, min: 0.0,')}`),
    ).toBe(digestOf(text))
  })

  it('changes with any value, even one that no condition reads', () => {
    expect(digestOf(text.replace('finance-ops', 'finance-ops-2'))).not.toBe(digestOf(text))
    expect(digestOf(text)).toMatch(/^sha256:[0-9a-f]{64}$/)
  })
})
