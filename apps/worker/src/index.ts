export { ANCHOR_INTERVAL_MS, AnchorJob } from './anchor-job.ts'
