import { describe, expect, it } from 'vitest'
import type { PolicyDocument } from '../policy-document.ts'
import { REQUEST, rulesOf, shipped, tinyDocument, tinyPolicy } from '../tiny-policy.fixture.ts'
import { diffPolicies } from './diff-policies.ts'
import { looseningOf } from './loosening.ts'

type Part = Readonly<Record<string, unknown>>

const guarded = (guardrail: Part, more: Part = {}): Part => ({
  guardrails: [
    { id: 'cap', when: 'request.amount > 100', effect: 'deny', code: 'CAP', ...guardrail },
  ],
  ...more,
})
const loosening = (before: Part, after: Part, document: readonly [Part, Part] = [{}, {}]) =>
  looseningOf(
    tinyDocument(before, document[0]) as unknown as PolicyDocument,
    tinyDocument(after, document[1]) as unknown as PolicyDocument,
  ).map(({ what }) => what)
const bands = (...list: readonly Part[]): Part => ({ autonomy: { ceiling: 'AL3', bands: list } })

describe('the shipped finance policies', () => {
  const diff = diffPolicies(
    shipped('finance-constitution-1.0.0'),
    shipped('finance-constitution-1.1.0'),
  )

  it('differ in their variants, and under B in what was AL2 and becomes AL3; nothing else moves', () => {
    expect(diff.structural.map(({ change, kind, id }) => [change, kind, id])).toEqual([
      ['added', 'variant', 'A'],
      ['added', 'variant', 'B'],
    ])
    expect(diff.semantic.changes.map(({ changeClass }) => changeClass)).toEqual([
      'same',
      'level-up',
    ])
    const [, levelUp] = diff.semantic.changes
    expect(levelUp?.examples).toHaveLength(5)
    for (const { input, before, after } of levelUp?.examples ?? []) {
      expect([input.variant, before?.level, after?.level]).toEqual(['B', 'AL2', 'AL3'])
      expect(input.request.discount).toBeGreaterThan(0.1)
      expect(input.request.discount).toBeLessThanOrEqual(0.12)
    }
    expect(diff.loosening).toEqual([])
  })
})

describe('the structural part', () => {
  it('joins on ids, tells old and new text, and which clauses changed', () => {
    const before = tinyPolicy({
      rules: rulesOf([
        { id: 'a', when: 'request.amount > 1 && request.urgent' },
        { id: 'b', when: 'true' },
      ]),
    })
    const after = tinyPolicy({
      rules: rulesOf([
        { id: 'c', when: 'true' },
        { id: 'a', when: 'request.amount > 2 && request.urgent' },
      ]),
    })
    expect(diffPolicies(before, after).structural).toEqual([
      {
        change: 'changed',
        kind: 'rule',
        id: 'act/a',
        pointer: '/actions/act/rules/list/1',
        properties: [
          {
            name: 'when',
            before: 'request.amount > 1 && request.urgent',
            after: 'request.amount > 2 && request.urgent',
          },
        ],
        atoms: { added: ['request.amount > 2'], removed: ['request.amount > 1'] },
      },
      expect.objectContaining({
        change: 'removed',
        id: 'act/b',
        pointer: '/actions/act/rules/list/1',
      }),
      expect.objectContaining({
        change: 'added',
        id: 'act/c',
        pointer: '/actions/act/rules/list/0',
      }),
    ])
  })
})

describe('the semantic part', () => {
  it('shows the inputs at the boundary that moved, by class', () => {
    const at = (limit: number) => tinyPolicy(guarded({ when: `request.amount > ${limit}` }))
    const changes = (a: number, b: number) =>
      diffPolicies(at(a), at(b)).semantic.changes.filter(
        ({ changeClass }) => changeClass !== 'same',
      )
    const [loosened, ...others] = changes(100, 101)
    expect([loosened?.changeClass, others]).toEqual(['loosened-over-guardrail', []])
    expect(loosened?.examples[0]?.input.request.amount).toBe(101)
    expect(changes(101, 100).map(({ changeClass }) => changeClass)).toEqual(['tightened'])
  })

  it('counts what only one version can take as not replayable', () => {
    const request = REQUEST as unknown as Part
    const narrow = {
      ...request,
      properties: { ...(request.properties as Part), amount: { type: 'integer', maximum: 50 } },
    }
    const before = tinyPolicy(guarded({}))
    const after = tinyPolicy(guarded({}, { request: narrow }))
    const classes = diffPolicies(before, after).semantic.changes.map(
      ({ changeClass }) => changeClass,
    )
    expect(classes).toContain('not-replayable')
  })
})

describe('what loosens a guardrail or raises a ceiling is named', () => {
  it.each<[string, Part, Part, readonly string[]]>([
    ['nothing', guarded({}), guarded({}), []],
    ['a guardrail that is gone', guarded({}), {}, ['the guardrail cap is gone']],
    ['a guardrail that is new', {}, guarded({}), []],
    [
      'a milder effect',
      guarded({}),
      guarded({ effect: 'escalate' }),
      ['the guardrail cap says escalate instead of deny'],
    ],
    ['a stricter effect', guarded({}), guarded({ effect: 'halt' }), []],
    [
      'a condition that catches less',
      guarded({}),
      guarded({ when: 'request.amount > 101' }),
      ['the guardrail cap lets pass what it caught before'],
    ],
    ['a condition that catches more', guarded({}), guarded({ when: 'request.amount > 99' }), []],
    [
      'an override where none was',
      guarded({}),
      guarded({ override: { role: 'cfo', approvals: 2 } }),
      ['the guardrail cap can be overridden more easily'],
    ],
    [
      'an override with fewer approvals',
      guarded({ override: { role: 'cfo', approvals: 3 } }),
      guarded({ override: { role: 'cfo', approvals: 2 } }),
      ['the guardrail cap can be overridden more easily'],
    ],
    [
      'a higher ceiling',
      { autonomy: { ceiling: 'AL1', bands: [] } },
      { autonomy: { ceiling: 'AL2', bands: [] } },
      ['the ceiling of act is AL2 instead of AL1'],
    ],
    [
      'a new band',
      bands(),
      bands({ level: 'AL1', when: 'request.amount < 5' }),
      ['the band AL1 is new'],
    ],
    [
      'a band that accepts more',
      bands({ level: 'AL1', when: 'request.amount < 5' }),
      bands({ level: 'AL1', when: 'request.amount <= 5' }),
      ['the band AL1 accepts what it refused before'],
    ],
    [
      'a band that accepts less',
      bands({ level: 'AL1', when: 'request.amount <= 5' }),
      bands({ level: 'AL1', when: 'request.amount < 5' }),
      [],
    ],
    [
      'a shorter veto window and a higher limit',
      bands(
        { level: 'AL2', when: 'true', vetoWindow: 'PT2H' },
        { level: 'AL3', when: 'true', limits: { perDay: 5 } },
      ),
      bands(
        { level: 'AL2', when: 'true', vetoWindow: 'PT1H' },
        { level: 'AL3', when: 'true', limits: { perDay: 6 } },
      ),
      ['the veto window of AL2 is shorter', 'the limit of AL3 is higher'],
    ],
    [
      'an effect that no longer waits',
      { effect: 'irreversible' },
      {},
      ['act counts as reversible and no longer waits for its veto window'],
    ],
  ])('%s', (_, before, after, expected) => expect(loosening(before, after)).toEqual(expected))

  it('a parameter that moves a guardrail whose text stays', () => {
    const action = guarded({ when: 'request.amount > params.cap' })
    const cap = (value: number) => ({ params: { cap: { type: 'int', value, min: 0, max: 500 } } })
    expect(loosening(action, action, [cap(100), cap(200)])).toEqual([
      'the guardrail cap lets pass what it caught before',
    ])
    expect(loosening(action, action, [cap(200), cap(100)])).toEqual([])
  })

  it('another condition, where not every combination could be tried', () => {
    const many =
      "request.tier in ['a','b','c','d','e','f'] && request.rate > 0.5 && request.amount > 5"
    const fields =
      ' && has(request.limit) && request.limit > 3 && has(request.score) && request.score > 0.1'
    const before = guarded({ when: `${many}${fields} && request.urgent` })
    const after = guarded({ when: `(${many}${fields}) && request.urgent` })
    expect(loosening(before, after)).toEqual([
      'the guardrail cap has another condition, and not every combination could be tried',
    ])
  })
})
