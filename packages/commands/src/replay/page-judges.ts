import { PageJudge } from './page-judge.ts'
import type { PageJudges, PolicyText, ReplayJob } from './replay-page.ts'

/** Judges in the calling thread, a page at a time: for what is short, and where no other thread is at hand. */
export const judgesHere = (job: ReplayJob, policyText: PolicyText): PageJudges => {
  const judge = new PageJudge(job)
  return {
    width: 1,
    judge: async (page) => {
      for (;;) {
        const result = judge.judge(page)
        if ('tally' in result) return result.tally
        for (const digest of result.need) judge.learn(digest, await policyText(digest))
      }
    },
    close: async () => {},
  }
}
