import type { DecisionInputs } from '@writ/domain'
import type { JsonObject } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { PageJudge } from '../replay/page-judge.ts'
import { ENGINE, FINANCE, inputsOf, itemOf, loaded } from '../replay/replay-case.fixture.ts'
import { type ShadowJob, ShadowJudge } from './shadow-judge.ts'

const LIVE = loaded(FINANCE)
const JOB: ShadowJob = { candidate: FINANCE, variant: 'B', live: FINANCE }
const judged = (request: JsonObject, job: Partial<ShadowJob> = {}, more: object = {}) => {
  const inputs: DecisionInputs = inputsOf(LIVE, request)
  return new ShadowJudge({ ...JOB, ...job }).judge({ ...itemOf(LIVE, inputs), ...more })
}

const WITHIN_A = { discount: 0.11, margin: 0.3 }

describe('a shadow judgement', () => {
  it('is the verdict of the candidate, its class, and the conditions that differ', () => {
    expect(judged(WITHIN_A)).toEqual({
      class: 'level-up',
      verdict: {
        ...{ outcome: 'approved', autonomyLevel: 'AL3', neededLevel: 'AL3' },
        codes: ['WITHIN_BAND'],
      },
      error: null,
      changed: ['band AL2'],
    })
    expect(judged({ discount: 0.04, margin: 0.3 })).toMatchObject({ class: 'same', changed: [] })
  })

  it('is of the class that a what-if replay tells of the same decision', () => {
    const candidate = {
      ...{ name: LIVE.name, version: LIVE.version, domain: LIVE.domain, digest: LIVE.digest },
      ...{ variant: 'B', text: FINANCE, from: 'file' as const },
    }
    const replay = new PageJudge({ engine: ENGINE, candidate })
    replay.learn(LIVE.digest, FINANCE)
    const shadow = new ShadowJudge(JOB)
    for (let discount = 0; discount <= 20; discount++) {
      const request = { discount: discount / 100, margin: 0.23 }
      const item = itemOf(LIVE, inputsOf(LIVE, request))
      const result = replay.judge([item])
      if (!('tally' in result)) throw new Error('a policy is missing')
      expect([...result.tally.classes.keys()]).toEqual([shadow.judge(item).class])
    }
  })

  it('says which kind of thing kept a decision from being judged, and no field or value of it', () => {
    const needs = FINANCE.replace(
      'required: [discount, margin]',
      'required: [discount, margin, note]',
    )
    expect(judged(WITHIN_A, { candidate: needs })).toEqual({
      ...{ class: 'not-replayable', verdict: null, changed: [] },
      error: { kind: 'not-replayable', code: 'new-field' },
    })
    expect(judged(WITHIN_A, {}, { missing: 'erased' }).error?.code).toBe('erased')
    expect(judged(WITHIN_A, {}, { missing: 'cannot-be-opened' })).toMatchObject({
      ...{ class: 'error', error: { kind: 'defect', code: 'cannot-be-opened' } },
    })
    expect(judged(WITHIN_A, {}, { text: '{"no":"entry"}' })).toMatchObject({
      ...{ class: 'error', error: { kind: 'defect', code: 'engine-failed' } },
    })
  })
})
