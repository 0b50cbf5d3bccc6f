import type { JsonObject, JsonValue } from '@writ/kernel'
import { decisionMade, type Told, type ToldDecision } from '../shared/history.fixture.ts'

export interface ToldMix extends ToldDecision {
  /** Ids of the rules that decided. */
  readonly rules?: readonly string[]
  /** Codes of voices that were heard and did not decide. */
  readonly heard?: readonly string[]
  /** Sources of the ceilings from controls. */
  readonly caps?: readonly string[]
}

/** A decision with its voices. */
export const mixed = ({
  rules = ['within-band'],
  heard = [],
  caps = [],
  ...told
}: ToldMix): Told => {
  const made = decisionMade(told)
  const { inputs, decided } = made.data as { inputs: JsonObject; decided: JsonObject }
  const voices: JsonValue[] = [
    ...rules.map((id) => ({ kind: 'rule', id, says: 'approve', code: 'OK', decisive: true })),
    ...heard.map((code) => ({ kind: 'evidence', id: 'e', says: 'escalate', code })),
  ]
  const control = { epoch: 0, counter: 3, systemCounter: 0 }
  return {
    ...made,
    data: {
      ...made.data,
      inputs: {
        ...inputs,
        control: { ...control, caps: caps.map((source) => ({ source, level: 'AL0' })) },
      },
      decided: { ...decided, voices },
    },
  }
}

export const said = (type: string, decision: string, at?: string): Told => ({
  type,
  stream: `${type.startsWith('Review') ? 'review' : 'decision'}:${decision}`,
  data: {},
  ...(at === undefined ? {} : { occurredAt: at }),
})

export const alarmRaised = (alarmId: string, domain = 'finance'): Told => ({
  type: 'DriftAlarmRaised',
  stream: `drift:${domain}`,
  data: {
    ...{ alarmId, domain, action: null, policy: `sha256:${'d'.repeat(64)}` },
    measures: [
      {
        ...{ mix: 'level', n: { reference: 1000, current: 1000 }, psi: 0.2, test: 'chi-square' },
        ...{ statistic: 80, df: 1, p: 1e-15, adjustedP: 5e-15, alarm: true },
        shares: [{ category: 'AL2', from: 0.5, to: 0.7 }],
      },
    ],
    windows: {
      reference: { first: 1, last: 1000, decisions: 1000 },
      current: { first: 1001, last: 2000, decisions: 1000 },
    },
    ...{ falseAlarmRate: 0.01, loweredTo: 'AL2' },
  },
  actor: { type: 'system', id: 'drift-job' },
})

export const alarmCleared = (alarmId: string, domain = 'finance'): Told => ({
  type: 'DriftAlarmCleared',
  stream: `drift:${domain}`,
  data: { alarmId, by: 'ada', reason: 'the new feed' },
})
