import {
  type Deps,
  followShadow,
  type ShadowJob,
  type ShadowJudges,
  shadowJob,
  shadowRun,
} from '@writ/commands'
import { type LedgerName, Problem } from '@writ/kernel'
import { runningShadows } from '@writ/projections'
import { jobContext } from './due-job.ts'
import { noneYet } from './none-yet.ts'

export interface ShadowRoundsDeps {
  readonly deps: Deps
  readonly judges: (job: ShadowJob) => ShadowJudges
  readonly onFault: (fault: unknown) => void
}

/** One run that this process follows. */
interface Followed {
  judges: ShadowJudges | undefined
  /** Every decision of the run up to here has been judged. */
  after: number
  underWay: Promise<void> | undefined
}

/**
 * Follows every shadow run of the database, each at its own pace: a candidate that is slow holds up no other. What runs
 * is learnt from the read model, and looked up in the log before anything is done, so that a list that lags and two
 * processes at once do no harm.
 */
export class ShadowRounds {
  private readonly own: ShadowRoundsDeps
  private readonly followed = new Map<string, Followed>()
  private stopping = false

  constructor(own: ShadowRoundsDeps) {
    this.own = own
  }

  /** Starts what there is to do for each run, unless that is under way. Returns how many there are. */
  async round(): Promise<number> {
    const running = await runningShadows(this.own.deps.database).catch(noneYet)
    const listed = new Set<string>()
    for (const { ledger, id, progress } of running) {
      const name = `${ledger} ${id}`
      listed.add(name)
      const one = this.followed.get(name) ?? { judges: undefined, after: 0, underWay: undefined }
      this.followed.set(name, one)
      if (one.underWay !== undefined || this.stopping) continue
      // What another process has judged meanwhile need not be judged here.
      one.after = Math.max(one.after, progress)
      one.underWay = this.follow(ledger as LedgerName, id, one)
        .catch((fault) => this.failed(one, fault))
        .finally(() => {
          one.underWay = undefined
        })
    }
    for (const [name, one] of this.followed) {
      if (listed.has(name) || one.underWay !== undefined) continue
      this.followed.delete(name)
      await one.judges?.close()
    }
    return running.length
  }

  /** Resolves when nothing is under way; for tests. */
  async settled(): Promise<void> {
    await Promise.all([...this.followed.values()].map(({ underWay }) => underWay))
  }

  /** A page under way is appended or not; what was not is judged again by whoever comes next. */
  async stop(): Promise<void> {
    this.stopping = true
    await this.close()
    await this.settled()
    // One that had just been made.
    await this.close()
  }

  private async close(): Promise<void> {
    await Promise.all([...this.followed.values()].map(({ judges }) => judges?.close()))
  }

  private async follow(ledger: LedgerName, id: string, one: Followed): Promise<void> {
    const { deps, judges } = this.own
    const run = await shadowRun(deps, ledger, id)
    if (run?.status !== 'running') return
    const context = jobContext(ledger, 'shadow')
    one.judges ??= judges(await shadowJob(deps, context, run))
    const progress = await followShadow(deps)(context, run, {
      ...{ judges: one.judges, after: one.after },
      isStopping: () => this.stopping,
    })
    if (progress instanceof Problem) throw new Error(`${progress.code}: ${progress.detail}`)
    one.after = progress.after
  }

  private async failed(one: Followed, fault: unknown): Promise<void> {
    if (this.stopping) return
    this.own.onFault(fault)
    // The next round begins with a thread that knows nothing of this one.
    await one.judges?.close()
    one.judges = undefined
  }
}
