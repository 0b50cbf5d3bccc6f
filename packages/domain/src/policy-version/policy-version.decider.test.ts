import { Problem } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { decideActivation, decidePublication } from './policy-version.decider.ts'
import type { PolicyVersionPublished } from './policy-version.events.ts'
import {
  NO_VERSIONS,
  type PolicyHistory,
  type PolicyStreamEvent,
  withPolicyEvent,
} from './policy-version.state.ts'

const NOON = '2026-03-02T12:00:00.000Z'
const ADA = '01920000-0000-7000-8000-00000000000a'
const BO = '01920000-0000-7000-8000-00000000000b'

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
    data: { name, version: number, domain, digest, publishedBy: ADA },
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

describe('activating a version', () => {
  const activate = (history: PolicyHistory, by: string, onePersonAllowed: boolean, to = '1.0.0') =>
    decideActivation(history, { name: 'finance', version: to, by, onePersonAllowed })

  it('by a second person records who published it', () => {
    expect(activate(given(published('1.0.0')), BO, false)).toEqual({
      name: 'finance',
      version: '1.0.0',
      domain: 'finance',
      digest: 'sha256:1.0.0',
      publishedBy: ADA,
    })
  })

  it('by the person who published it is refused (AS-040)', () => {
    expect(codeOf(activate(given(published('1.0.0')), ADA, false))).toBe(
      'self-activation-forbidden',
    )
  })

  it('by the person who published it is allowed where one person is', () => {
    expect(codeOf(activate(given(published('1.0.0')), ADA, true))).toBeUndefined()
  })

  it('that was never published is refused, naming those that were', () => {
    const decided = activate(given(published('1.0.0')), BO, true, '9.9.9')
    expect(codeOf(decided)).toBe('policy-not-found')
    expect((decided as Problem).detail).toContain('1.0.0')
    expect(codeOf(activate(given(), BO, true))).toBe('policy-not-found')
  })

  it('that was active before is how one rolls back', () => {
    const history = given(
      published('1.0.0'),
      activated('1.0.0'),
      published('1.1.0'),
      activated('1.1.0'),
    )
    expect(codeOf(activate(history, BO, false))).toBeUndefined()
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
