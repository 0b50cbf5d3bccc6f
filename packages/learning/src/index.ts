export {
  DRIFT_DEFAULTS,
  DRIFT_MIXES,
  type DriftJudgement,
  type DriftMeasure,
  type DriftMix,
  type DriftSettings,
  type DriftWindow,
  judgeDrift,
  type MixCounts,
} from './drift/judge-drift.ts'
export { type Category, psi } from './drift/psi.ts'
