import { CHANGE_CLASSES, type ChangeClass } from '@writ/policy-engine'
import { sixDecimals, wilsonInterval } from '../replay/wilson.ts'

/** How many decisions of a run were judged so, with the share that this suggests of all decisions to come. */
export interface ShadowShare {
  readonly class: ChangeClass
  readonly decisions: number
  /** 0 to 1, six decimals. */
  readonly share: number
  /** Ends of the Wilson interval at 95 %. */
  readonly low: number
  readonly high: number
}

/** Every class of change with its count and interval, in the order of the classes. Source: policy.md section 10. */
export const shadowShares = (
  evaluated: number,
  classes: Readonly<Record<string, number>>,
): readonly ShadowShare[] =>
  CHANGE_CLASSES.map((name) => {
    const decisions = classes[name] ?? 0
    const share = evaluated === 0 ? 0 : sixDecimals(decisions / evaluated)
    return { class: name, decisions, share, ...wilsonInterval(decisions, evaluated) }
  })
