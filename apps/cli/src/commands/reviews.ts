import { type JsonObject, Problem } from '@writ/kernel'
import { REVIEW_STATES, reviewsBy } from '@writ/projections'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { orThrow } from '../or-throw.ts'
import { type OutputOptions, print, printJson, table } from '../output.ts'
import { operatorContext, withRuntime } from '../setup/with-runtime.ts'

export interface ListReviewsOptions extends OutputOptions {
  readonly state?: string
  readonly role?: string
  readonly domain?: string
}

/** Reviews as the read model has them; the running server folds it. */
export const listReviews = ({
  state = 'open',
  role,
  domain,
  json,
}: ListReviewsOptions): Promise<void> =>
  withRuntime(async (runtime) => {
    const known = REVIEW_STATES.find((one) => one === state)
    if (known === undefined) {
      throw new CommandFailed(EXIT.usage, `--state must be one of ${REVIEW_STATES.join(', ')}`)
    }
    const { caller } = await operatorContext(runtime)
    const found = await reviewsBy(runtime.database, caller.ledger, {
      state: known,
      ...(role === undefined ? {} : { role }),
      ...(domain === undefined ? {} : { domain }),
    })
    if (found instanceof Problem) throw found
    if (json) return printJson(found)
    if (found.items.length === 0) return print(`No review is ${state}.`)
    const rows = found.items.map((one) => [
      one.id,
      one.kind,
      [one.domain, one.action].filter((each) => each !== null).join('/'),
      one.roles.join(' '),
      `${one.voteCount} of ${one.quorum}`,
      one.due,
    ])
    print(table([['review', 'about', 'domain', 'asked', 'votes', 'due'], ...rows]))
  })

export const showReview = (id: string, { json }: OutputOptions): Promise<void> =>
  withRuntime(async (runtime) => {
    const { caller } = await operatorContext(runtime)
    show(orThrow(await runtime.useCases.reviewById(caller, id)), json)
  })

export interface VoteOptions extends OutputOptions {
  readonly reason: string
  readonly text?: string
  readonly digest?: string
}

/** Votes on what is asked; without a digest on what the review says now, which is shown before it is sent. */
export const voteInReview = (
  id: string,
  verdict: string,
  { reason, text, digest, json }: VoteOptions,
): Promise<void> =>
  withRuntime(async (runtime) => {
    if (verdict !== 'approve' && verdict !== 'decline') {
      throw new CommandFailed(EXIT.usage, 'The verdict is approve or decline.')
    }
    if (!/^[A-Z][A-Z0-9_]{0,62}$/.test(reason)) {
      throw new CommandFailed(EXIT.usage, '--reason is a code such as KEY_ACCOUNT.')
    }
    const context = await operatorContext(runtime)
    const asked = orThrow(await runtime.useCases.reviewById(context.caller, id))
    if (digest === undefined && !json) print(JSON.stringify(asked.about, null, 2))
    const vote = {
      verdict,
      digest: digest ?? String(asked.digest),
      reason: { code: reason, ...(text === undefined ? {} : { text }) },
    } as const
    show(orThrow(await runtime.useCases.castVote(context, id, vote)).review, json)
  })

export const withdrawFromReview = (
  id: string,
  { reason, json }: OutputOptions & { readonly reason: string },
): Promise<void> =>
  withRuntime(async (runtime) => {
    const context = await operatorContext(runtime)
    show(orThrow(await runtime.useCases.withdrawReview(context, id, { reason })).review, json)
  })

interface Shown {
  readonly id: string
  readonly status: string
  readonly kind: string
  readonly digest: string
  readonly about: JsonObject
  readonly asked: {
    readonly roles: readonly string[]
    readonly quorum: number
    readonly due: string
  }
  readonly votes: readonly {
    readonly by: string
    readonly verdict: string
    readonly at: string
    readonly reason: { readonly code: string; readonly text?: string }
  }[]
  readonly you: { readonly mayVote: boolean; readonly because?: string }
}

const show = (review: JsonObject, json: boolean | undefined): void => {
  if (json) {
    printJson(review)
    return
  }
  const { id, status, kind, digest, about, asked, votes, you } = review as unknown as Shown
  const rows = [
    ['review', id],
    ['about', kind],
    ['status', status],
    ['asked', `${asked.quorum} of ${asked.roles.join(', ')}, until ${asked.due}`],
    ['digest', digest],
    ['you', you.mayVote ? 'may vote' : (you.because ?? 'may not vote')],
  ]
  print(table(rows))
  print(JSON.stringify(about, null, 2))
  for (const { by, verdict, at, reason } of votes) {
    print(`${at}  ${by}  ${verdict}  ${reason.code}${reason.text ? `: ${reason.text}` : ''}`)
  }
}
