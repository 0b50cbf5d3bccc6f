export { ANCHOR_INTERVAL_MS, AnchorJob } from './anchor-job.ts'
export { type DriftPorts, driftRound, type RaisedAlarm } from './drift-round.ts'
export { DUE_INTERVAL_MS, type DuePorts, dueRound } from './due-round.ts'
export { type Repeated, repeat } from './repeat.ts'
