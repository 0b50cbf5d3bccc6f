import type { DecisionInputs } from '@writ/domain'
import { canonicalJson, type JsonObject } from '@writ/kernel'
import type { LoadedPolicy } from '@writ/policy-engine'
import { describe, expect, it } from 'vitest'
import { decidedParts } from './decided-text.ts'
import { PageJudge } from './page-judge.ts'
import { RecordedDecision, splitDecision } from './recorded-decision.ts'
import {
  AT,
  ENGINE,
  FINANCE,
  inputsOf,
  itemOf,
  loaded,
  OTHER_ENGINE,
} from './replay-case.fixture.ts'
import type { Candidate, ReplayItem } from './replay-page.ts'
import type { ReplayTally } from './replay-tally.ts'
import { judgeAgain } from './try-candidate.ts'

const POLICY = loaded(FINANCE)
const WIDE = { discount: 0.11, margin: 0.3 }

const candidateOf = (text: string, variant?: string): Candidate => {
  const { name, version, domain, digest } = loaded(text)
  return {
    name,
    version,
    domain,
    digest,
    text,
    from: 'file',
    ...(variant === undefined ? {} : { variant }),
  }
}

const replayed = (items: readonly ReplayItem[], candidate?: Candidate): ReplayTally => {
  const judge = new PageJudge({ engine: ENGINE, ...(candidate === undefined ? {} : { candidate }) })
  const first = judge.judge(items)
  if ('tally' in first) return first.tally
  for (const digest of first.need)
    judge.learn(digest, digest === POLICY.digest ? FINANCE : undefined)
  const second = judge.judge(items)
  if ('need' in second) throw new Error('it asks again')
  return second.tally
}

const classes = (tally: ReplayTally) => Object.fromEntries(tally.classes)
const reasons = (tally: ReplayTally) => Object.fromEntries(tally.reasons)
const setDecided =
  (name: string, value: unknown) =>
  (data: JsonObject): JsonObject =>
    ({ ...data, decided: { ...(data.decided as JsonObject), [name]: value } }) as JsonObject

const cases = (count: number): readonly DecisionInputs[] =>
  Array.from({ length: count }, (_, i) =>
    inputsOf(POLICY, { discount: (i % 21) / 100, margin: 0.18 + ((i * 7) % 13) / 100 }),
  )

describe('a fidelity replay', () => {
  it('finds the same where nothing was touched, and counts what held on both sides', () => {
    const tally = replayed(
      cases(60).map((inputs, i) => itemOf(POLICY, inputs, { position: i + 2 })),
    )
    expect(classes(tally)).toEqual({ same: 60 })
    const rule = tally.rules.get('finance/discount rule within-band')
    expect(rule?.before).toBeGreaterThan(5)
    expect(rule?.after).toBe(rule?.before)
    expect([...tally.rules.keys()]).toContain('finance/discount band AL3')
  })

  it('calls a result that was changed different, and names the first place', () => {
    const changed = setDecided('codes', ['OTHER_CODE'])
    const tally = replayed([itemOf(POLICY, inputsOf(POLICY, WIDE), { change: changed })])
    expect(classes(tally)).toEqual({ different: 1 })
    expect(tally.top.get('different')?.[0]?.difference).toEqual({
      ...{ pointer: '/codes/0', recorded: '"OTHER_CODE"', again: '"WITHIN_BAND"' },
    })
  })

  it('sees a field more, a field less and another place in a list', () => {
    for (const [change, pointer] of [
      [setDecided('extra', 1), '/extra'],
      [setDecided('vetoUntil', AT), '/vetoUntil'],
      [setDecided('obligations', ['notify', 'notify']), '/obligations/1'],
    ] as const) {
      const tally = replayed([itemOf(POLICY, inputsOf(POLICY, WIDE), { change })])
      expect(tally.top.get('different')?.[0]?.difference?.pointer).toBe(pointer)
    }
  })

  it('blames no engine for what another one decided, and counts what that one decided alike', () => {
    const engine = OTHER_ENGINE
    const change = setDecided('outcome', 'denied')
    const tally = replayed([
      itemOf(POLICY, inputsOf(POLICY, WIDE), { engine }),
      itemOf(POLICY, inputsOf(POLICY, WIDE), { engine, change, position: 3 }),
    ])
    expect(classes(tally)).toEqual({ same: 1, 'engine-changed': 1 })
    expect(tally.equalUnderOtherEngine).toBe(1)
    expect([...tally.engines]).toEqual([[`0.9.0 ${OTHER_ENGINE.source}`, 2]])
  })

  it('replays what no policy decided', () => {
    expect(classes(replayed([itemOf(null, inputsOf(null, WIDE))]))).toEqual({ same: 1 })
  })

  it.each<[string, Partial<ReplayItem>, object, object]>([
    ['erased', { missing: 'erased' }, { 'not-replayable': 1 }, { 'not-replayable erased': 1 }],
    [
      'not to be opened',
      { missing: 'cannot-be-opened' },
      { error: 1 },
      { 'error cannot-be-opened': 1 },
    ],
    ['no JSON', { text: '{' }, { 'not-replayable': 1 }, { 'not-replayable unreadable-entry': 1 }],
  ])('says why where inputs are %s', (_, part, expected, why) => {
    const tally = replayed([{ ...itemOf(POLICY, inputsOf(POLICY, WIDE)), ...part }])
    expect([classes(tally), reasons(tally)]).toEqual([expected, why])
  })

  it('replays nothing under a policy that the ledger lacks, nor of a shape from the future', () => {
    const gone = { name: 'gone', version: '1.0.0', digest: `sha256:${'1'.repeat(64)}` }
    const tally = replayed([
      itemOf(POLICY, inputsOf(POLICY, WIDE, { policy: gone })),
      itemOf(POLICY, inputsOf(POLICY, WIDE), { schema: 99, position: 3 }),
    ])
    expect(reasons(tally)).toEqual({
      'not-replayable policy-missing': 1,
      'not-replayable unreadable-entry': 1,
    })
  })

  it('puts opened values back, and shows nothing of them', () => {
    const note = 'Ada lost her job in spring'
    const plain = itemOf(POLICY, inputsOf(POLICY, { ...WIDE, note }))
    const stored = plain.text.replace(`,"note":"${note}"`, '')
    expect(stored).not.toBe(plain.text)
    const item = {
      ...plain,
      text: stored,
      opened: [['/inputs/request/note', note]] as const,
      sealed: ['/inputs/request/note'],
    }
    const tally = replayed([item], candidateOf(FINANCE, 'B'))
    expect(classes(tally)).toEqual({ 'level-up': 1 })
    expect(JSON.stringify([...tally.top])).not.toContain('Ada')
    expect(classes(replayed([item]))).toEqual({ same: 1 })
  })
})

describe('a what-if replay', () => {
  const one = (request: JsonObject, candidate: Candidate, more: Partial<DecisionInputs> = {}) =>
    replayed([itemOf(POLICY, inputsOf(POLICY, request, more))], candidate)
  const changed = (from: string, to: string): string => {
    if (!FINANCE.includes(from)) throw new Error(`the shipped policy no longer holds ${from}`)
    return FINANCE.replace(from, to).replace(/^tests:[\s\S]*/m, 'tests: []\n')
  }
  const assigned = {
    mode: 'bandit',
    reason: 'weights',
    propensity: 0.5,
    propensities: {},
    weightsVersion: 1,
  } as const

  it('takes the variant asked for, else the recorded one, else the control', () => {
    expect(classes(one(WIDE, candidateOf(FINANCE, 'B')))).toEqual({ 'level-up': 1 })
    expect(classes(one(WIDE, candidateOf(FINANCE)))).toEqual({ same: 1 })
    const underB = { variant: { ...assigned, id: 'B' } }
    expect(classes(one(WIDE, candidateOf(FINANCE), underB))).toEqual({ same: 1 })
    expect(classes(one(WIDE, candidateOf(FINANCE, 'A'), underB))).toEqual({ 'level-down': 1 })
    const unknown = { variant: { ...assigned, id: 'Z' } }
    expect(classes(one(WIDE, candidateOf(FINANCE, 'B'), unknown))).toEqual({ loosened: 1 })
  })

  it('keeps the caps that were recorded', () => {
    const capped = {
      control: {
        epoch: 0,
        counter: 3,
        systemCounter: 1,
        caps: [{ source: 'limit:x', level: 'AL2' }],
      },
    }
    expect(classes(one(WIDE, candidateOf(FINANCE, 'B'), capped))).toEqual({ tightened: 1 })
  })

  it.each([
    [
      'a new required field',
      changed('required: [discount, margin]', 'required: [discount, margin, note]'),
      'new-field /note',
    ],
    [
      'a field that no longer fits',
      changed(
        'discount: { type: number, minimum: 0, maximum: 1,',
        'discount: { type: number, minimum: 0, maximum: 0.1,',
      ),
      'unfit-field /discount',
    ],
    [
      'an action it lacks',
      changed('  discount:\n    effect', '  rebate:\n    effect'),
      'unknown-action',
    ],
    [
      'a feature that nobody recorded',
      changed('    guardrails: []', '    features: { ordersLastYear: int }\n    guardrails: []'),
      'new-feature ordersLastYear',
    ],
    [
      'evidence that nobody recorded',
      changed(
        '    guardrails: []',
        '    evidence: [ { id: audit, maxAge: P1D } ]\n    guardrails: []',
      ),
      'new-evidence audit',
    ],
  ])('guesses nothing where the candidate has %s', (_, text, reason) => {
    const tally = one(WIDE, candidateOf(text))
    expect(reasons(tally)).toEqual({ [`not-replayable ${reason}`]: 1 })
  })

  it('sums what would be approved, and agrees or not with what people said', () => {
    const item = {
      ...itemOf(POLICY, inputsOf(POLICY, { discount: 0.2, margin: 0.3 })),
      people: 'approved' as const,
    }
    const wider = changed(
      'maxDiscount:    { type: double, value: 0.15, min: 0,    max: 0.15 }',
      'maxDiscount:    { type: double, value: 0.20, min: 0,    max: 0.20 }',
    )
    const tally = replayed([item], candidateOf(wider))
    expect(classes(tally)).toEqual({ loosened: 1 })
    expect(tally.sums.get('finance/discount /discount')).toMatchObject({
      approvedBefore: 0,
      approvedAfter: 1,
    })
    expect(tally.agreement).toEqual({
      before: { agrees: 0, disagrees: 0, leftToPeople: 1 },
      after: { agrees: 1, disagrees: 0, leftToPeople: 0 },
    })
  })
})

describe('the numbers of a request', () => {
  const personal = FINANCE.replace(
    'margin:   { type: number, minimum: -1, maximum: 1 }',
    'margin:   { type: number, minimum: -1, maximum: 1, x-personal: true }',
  )
  const denied = setDecided('outcome', 'denied')
  const shown = (item: ReplayItem, candidate?: Candidate) => {
    const tally = replayed([item], candidate)
    const [top] = [...tally.top.values()][0] ?? []
    return { facts: top?.facts, summed: [...tally.sums.keys()].map((name) => name.split(' ')[1]) }
  }

  it('are shown and summed', () => {
    expect(shown(itemOf(POLICY, inputsOf(POLICY, WIDE), { change: denied }))).toEqual({
      facts: { '/discount': 0.11, '/margin': 0.3 },
      summed: ['/discount', '/margin'],
    })
  })

  it('are left out where any policy at hand calls them personal', () => {
    const item = itemOf(POLICY, inputsOf(POLICY, WIDE))
    const candidate = candidateOf(personal, 'B')
    expect(shown(item, candidate)).toEqual({ facts: { '/discount': 0.11 }, summed: ['/discount'] })
    const policy = loaded(personal)
    const judge = new PageJudge({ engine: ENGINE })
    judge.learn(policy.digest, personal)
    const result = judge.judge([itemOf(policy, inputsOf(policy, WIDE), { change: denied })])
    if ('need' in result) throw new Error('it knows the policy')
    expect(result.tally.top.get('different')?.[0]?.facts).toEqual({ '/discount': 0.11 })
  })

  it('are left out where they lay sealed, whatever a schema says of them today', () => {
    const item = { ...itemOf(null, inputsOf(null, WIDE)), sealed: ['/inputs/request'] }
    const tally = replayed([item], candidateOf(FINANCE))
    expect(tally.top.get('loosened')?.[0]).toMatchObject({ facts: {}, amount: null })
    expect(tally.sums.get('finance/discount /discount')).toMatchObject({ approvedAfter: 0 })
  })
})

describe('the short way of comparing', () => {
  const whole = (policy: LoadedPolicy, inputs: DecisionInputs) => {
    const decided = judgeAgain(policy, inputs)
    if (!('voices' in decided)) throw new Error('it does not bind')
    return decided
  }

  it('tells the very text that canonicalJson makes', () => {
    for (const inputs of cases(300)) {
      const decided = whole(POLICY, inputs)
      const action = POLICY.actions.get('discount') ?? null
      for (const one of [decided, { ...decided, vetoUntil: AT }, { ...decided, extra: 1 }]) {
        const parts: string[] = []
        decidedParts(one, action, (part) => parts.push(part) > 0)
        expect(parts.join('')).toBe(canonicalJson(one as unknown as JsonObject))
      }
    }
  })

  it('splits an entry where a request looks like the entry itself, or parses it as a whole', () => {
    const nested = { data: { decided: 1 }, x: 1, inputs: { action: 'discount', request: {} } }
    const traps: readonly JsonObject[] = [
      nested,
      { a: nested, text: '"data":{"decided":1,"inputs":{"action":"x"}},"id":"y"' },
      { a: { inputs: { action: 'z' } }, id: 'b' },
    ]
    for (const request of traps) {
      const { text } = itemOf(null, inputsOf(null, request))
      expect(new RecordedDecision(text).inputs.request).toEqual(request)
      expect(splitDecision(text)?.inputs.request ?? request).toEqual(request)
    }
    const { text, id } = itemOf(null, inputsOf(null, WIDE))
    expect(splitDecision(text)).toMatchObject({ id })
    expect(splitDecision(text.replace('decision:', 'order:'))).toBeUndefined()
  })
})
