import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import {
  type Activate,
  decideActivation,
  decideDueActivation,
  decidePublication,
} from './policy-version.decider.ts'
import type { PolicyVersionApproved, PolicyVersionPublished } from './policy-version.events.ts'
import {
  NO_VERSIONS,
  type PolicyHistory,
  type PolicyStreamEvent,
  type PublishedVersion,
  statusOf,
  withPolicyEvent,
} from './policy-version.state.ts'

const NOON = '2026-03-02T12:00:00.000Z'
const ADA = '01920000-0000-7000-8000-00000000000a'
const BO = '01920000-0000-7000-8000-00000000000b'
const CY = '01920000-0000-7000-8000-00000000000c'
const DEE = '01920000-0000-7000-8000-00000000000d'

const version = (number: string, digest = `sha256:${number}`): PolicyVersionPublished => ({
  name: 'finance',
  version: number,
  domain: 'finance',
  digest,
  variants: ['A'],
})
const published = (number: string): PolicyStreamEvent => ({
  type: 'PolicyVersionPublished',
  data: version(number),
})
const activated = (number: string): PolicyStreamEvent => {
  const { name, domain, digest } = version(number)
  return {
    type: 'PolicyVersionActivated',
    data: {
      ...{ name, version: number, domain, digest, publishedBy: ADA },
      ...{ effectiveFrom: null, approvedBy: [] },
    },
  }
}

/** A history in which Ada did everything. */
const given = (...events: readonly PolicyStreamEvent[]): PolicyHistory =>
  events.reduce(
    (history, event, i) => withPolicyEvent(history, event, { position: i + 5, at: NOON, by: ADA }),
    NO_VERSIONS,
  )

const codeOf = (decided: unknown): string | undefined =>
  decided instanceof Problem ? decided.code : undefined

describe('publishing a version', () => {
  it('that is new records it as it is', () => {
    expect(decidePublication(given(), version('1.0.0'))).toEqual(version('1.0.0'))
    expect(decidePublication(given(published('1.0.0')), version('1.1.0'))).toEqual(version('1.1.0'))
  })

  it('that is published with this very content is known', () => {
    const history = given(published('1.0.0'))
    expect(decidePublication(history, version('1.0.0'))).toEqual({
      known: history.versions.get('1.0.0'),
    })
  })

  it('that is published with other content is refused: versions are immutable', () => {
    const decided = decidePublication(given(published('1.0.0')), version('1.0.0', 'sha256:other'))
    expect(codeOf(decided)).toBe('policy-exists')
  })

  it('with the content of another version is a version of its own', () => {
    const twin = version('2.0.0', 'sha256:1.0.0')
    expect(decidePublication(given(published('1.0.0')), twin)).toEqual(twin)
  })
})

const activate = (history: PolicyHistory, by: string, over: Partial<Activate> = {}) =>
  decideActivation(history, {
    ...{ name: 'finance', version: '1.0.0', by, at: NOON, active: null, loosening: [] },
    onePersonAllowed: false,
    ...over,
  })

const approved = (number: string, over: Partial<PolicyVersionApproved> = {}): PolicyStreamEvent => {
  const { name, domain, digest } = version(number)
  return {
    type: 'PolicyVersionApproved',
    data: {
      ...{ name, version: number, domain, digest, approvedBy: [BO, CY], against: ACTIVE },
      ...{ loosening: LOOSER, reviewId: null, activateAt: null },
      ...over,
    },
  }
}

const LOOSER = [{ pointer: '/actions/discount/autonomy/ceiling', what: 'raised' }]
const ACTIVE = 'sha256:0.9.0'

describe('activating a version', () => {
  it('by a second person records who published and who approved it', () => {
    expect(activate(given(published('1.0.0')), BO)).toEqual({
      do: 'activate',
      data: {
        ...{ name: 'finance', version: '1.0.0', domain: 'finance', digest: 'sha256:1.0.0' },
        ...{ publishedBy: ADA, effectiveFrom: null, approvedBy: [BO] },
      },
    })
  })

  it('by the person who published it is refused (AS-040)', () => {
    expect(codeOf(activate(given(published('1.0.0')), ADA))).toBe('self-activation-forbidden')
  })

  it('by the person who published it is allowed where one person is, and nobody approved it', () => {
    const decided = activate(given(published('1.0.0')), ADA, { onePersonAllowed: true })
    expect(decided).toMatchObject({ do: 'activate', data: { approvedBy: [] } })
  })

  it('that was never published is refused, naming those that were', () => {
    const decided = activate(given(published('1.0.0')), BO, { version: '9.9.9' })
    expect(codeOf(decided)).toBe('policy-not-found')
    expect((decided as Problem).detail).toContain('1.0.0')
    expect(codeOf(activate(given(), BO))).toBe('policy-not-found')
  })

  it('that was active before is how one rolls back', () => {
    const history = given(
      published('1.0.0'),
      activated('1.0.0'),
      published('1.1.0'),
      activated('1.1.0'),
    )
    expect(activate(history, BO)).toMatchObject({ do: 'activate' })
  })

  it('that was revoked is refused for ever', () => {
    const { name, domain, digest } = version('1.0.0')
    const revoked: PolicyStreamEvent = {
      type: 'PolicyVersionRevoked',
      data: { name, version: '1.0.0', domain, digest, reason: 'wrong' },
    }
    expect(codeOf(activate(given(published('1.0.0'), revoked), BO))).toBe('policy-revoked')
  })

  it('at a time to come records the approval, and nothing is active yet', () => {
    const activateAt = '2026-03-03T00:00:00.000Z'
    expect(activate(given(published('1.0.0')), BO, { activateAt })).toMatchObject({
      do: 'schedule',
      data: { approvedBy: [BO], activateAt, against: null },
    })
    expect(activate(given(published('1.0.0')), BO, { activateAt: NOON })).toMatchObject({
      do: 'activate',
    })
  })
})

describe('a step that loosens something', () => {
  const step = { active: ACTIVE, loosening: LOOSER }

  it('asks two people besides the author', () => {
    expect(activate(given(published('1.0.0')), BO, step)).toEqual({ do: 'ask' })
    const history = given(published('1.0.0'), approved('1.0.0'))
    expect(activate(history, DEE, step)).toMatchObject({
      do: 'activate',
      data: { approvedBy: [BO, CY, DEE] },
    })
  })

  it.each<[string, Partial<PolicyVersionApproved>]>([
    ['one person', { approvedBy: [BO] }],
    ['people who saw the step from another version', { against: 'sha256:0.8.0' }],
    ['people who were shown that it loosens less', { loosening: [] }],
    ['people who agreed to a later time', { activateAt: '2026-03-03T00:00:00.000Z' }],
  ])('is not covered by the approval of %s', (_, over) => {
    const history = given(published('1.0.0'), approved('1.0.0', over))
    expect(activate(history, DEE, step)).toEqual({ do: 'ask' })
  })

  it('may take effect at the time people agreed to, or later, and not before', () => {
    const activateAt = '2026-03-03T00:00:00.000Z'
    const history = given(published('1.0.0'), approved('1.0.0', { activateAt }))
    const earlier = { ...step, activateAt: '2026-03-02T23:59:59.999Z' }
    expect(activate(history, DEE, earlier)).toEqual({ do: 'ask' })
    expect(activate(history, DEE, { ...step, activateAt })).toMatchObject({ do: 'schedule' })
  })

  it('uses its approval up: a later step asks again', () => {
    const history = given(published('1.0.0'), approved('1.0.0'), activated('1.0.0'))
    expect(activate(history, DEE, step)).toEqual({ do: 'ask' })
  })
})

describe('an activation whose time has come', () => {
  const activateAt = '2026-03-02T13:00:00.000Z'
  const due = (history: PolicyHistory, over: object = {}) =>
    decideDueActivation(history, {
      ...{ version: '1.0.0', at: activateAt, active: ACTIVE, loosening: [] },
      onePersonAllowed: false,
      ...over,
    })
  const waiting = given(published('1.0.0'), approved('1.0.0', { activateAt }))

  it('is valid from the time that was agreed, however late it is recorded', () => {
    expect(due(waiting, { at: '2026-03-02T15:00:00.000Z' })).toMatchObject({
      effectiveFrom: activateAt,
      approvedBy: [BO, CY],
    })
  })

  it('is valid from the approval where people agreed after the time', () => {
    const late = given(
      published('1.0.0'),
      approved('1.0.0', { activateAt: '2026-03-02T11:00:00.000Z' }),
    )
    expect(due(late)).toMatchObject({ effectiveFrom: NOON })
  })

  it.each<[string, PolicyHistory, object]>([
    ['that lies ahead', waiting, { at: NOON }],
    ['that nobody agreed', given(published('1.0.0'), approved('1.0.0')), {}],
    ['after somebody has activated another', waiting, { active: 'sha256:0.8.0' }],
    [
      'of a step that loosens more than was approved',
      given(published('1.0.0'), approved('1.0.0', { activateAt, approvedBy: [BO] })),
      { loosening: LOOSER },
    ],
    [
      'of a revoked version',
      withPolicyEvent(
        waiting,
        {
          type: 'PolicyVersionRevoked',
          data: { ...version('1.0.0'), reason: 'wrong' },
        },
        { position: 9, at: NOON, by: ADA },
      ),
      {},
    ],
    ['of an unknown version', waiting, { version: '9.9.9' }],
  ])('%s is none', (_, history, over) => {
    expect(due(history, over)).toBeUndefined()
  })
})

describe('where a version stands', () => {
  const statusAfter = (...events: readonly PolicyStreamEvent[]) => {
    const found = given(published('1.0.0'), ...events).versions.get('1.0.0')
    return statusOf(found as PublishedVersion, false)
  }
  const validated: PolicyStreamEvent = {
    type: 'PolicyVersionValidated',
    data: { name: 'finance', version: '1.0.0', digest: 'sha256:1.0.0' },
  }

  it('follows its events', () => {
    expect(statusAfter()).toBe('draft')
    expect(statusAfter(validated)).toBe('validated')
    expect(statusAfter(validated, approved('1.0.0'))).toBe('approved')
    expect(statusAfter(validated, approved('1.0.0'), activated('1.0.0'))).toBe('superseded')
    expect(statusOf(given(published('1.0.0')).versions.get('1.0.0') as never, true)).toBe('active')
  })
})

describe('the history of a policy', () => {
  it('counts every event and remembers which version was ever active', () => {
    const history = given(published('1.0.0'), published('1.1.0'), activated('1.0.0'))
    expect(history.revision).toBe(3)
    expect(history.versions.get('1.0.0')).toMatchObject({
      everActive: true,
      publishedBy: ADA,
      publishedAt: NOON,
      position: 5,
    })
    expect(history.versions.get('1.1.0')).toMatchObject({ everActive: false, position: 6 })
  })

  it('counts the activation of a version it does not hold, and holds no more for it', () => {
    const history = given(activated('1.0.0'))
    expect(history.revision).toBe(1)
    expect(history.versions.size).toBe(0)
  })
})
