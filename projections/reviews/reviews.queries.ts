import { Problem, type SqlRunner } from '@writ/kernel'
import { type Listed, listed, type PageRequest, pageOf, rowsWanted } from '../shared/page.ts'
import { filtersOf, numberOf, readLive, timeOf } from '../shared/read-live.ts'

export const REVIEW_STATES = ['open', 'granted', 'declined', 'expired', 'withdrawn'] as const

export interface ReviewVote {
  readonly by: string
  readonly verdict: string
  /** Its code; the text stands in the event. */
  readonly reason: string
  readonly stage: number
  readonly at: string
  readonly position: number
}

export interface ListedReview {
  readonly id: string
  readonly state: (typeof REVIEW_STATES)[number]
  readonly kind: string
  readonly decisionId: string | null
  readonly domain: string
  readonly action: string | null
  readonly subject: { readonly type: string; readonly id: string } | null
  readonly digest: string
  readonly path: string | null
  /** Index of the stage that is asked, from 0; roles, quorum and due are its own. */
  readonly stage: number
  readonly stages: number
  readonly roles: readonly string[]
  readonly quorum: number
  readonly due: string
  readonly requestedBy: string
  readonly opened: { readonly at: string; readonly by: string }
  readonly votes: readonly ReviewVote[]
  /** All that were cast; `votes` shows the first fifty. */
  readonly voteCount: number
  readonly closed: {
    readonly at: string
    readonly by: string
    readonly reason: string | null
  } | null
  readonly position: number
}

export interface ReviewFilter extends PageRequest {
  readonly state?: (typeof REVIEW_STATES)[number]
  readonly domain?: string
  /** Reviews that this role may vote on. */
  readonly role?: string
  readonly decisionId?: string
}

const LIST = 'reviews'

/**
 * Reviews, those opened last first. Being closed changes a row and never its place.
 *
 * @problem cursor-invalid, request-invalid
 */
export const reviewsBy = async (
  sql: SqlRunner,
  ledger: string,
  filter: ReviewFilter = {},
): Promise<Listed<ListedReview> | Problem> => {
  const page = pageOf(LIST, filter)
  if (page instanceof Problem) return page
  const own = filtersOf(
    [
      ['state', filter.state, (p) => `r.state = ${p}`],
      ['domain', filter.domain, (p) => `r.domain = ${p}`],
      ['role', filter.role, (p) => `r.roles ? ${p}`],
      ['decision', filter.decisionId, (p) => `r.decision_id = ${p}`],
    ],
    4,
  )
  const { position, rows } = await readLive<Raw>(sql, {
    projection: LIST,
    ledger,
    name: `list+${own.names}`,
    rows: `select r.* from projection.reviews r
      where r.ledger = $1 and r.position < $2${own.text} order by r.position desc limit $3`,
    order: 'found.position desc',
    values: [page.before, rowsWanted(page), ...own.values],
  })
  return listed(LIST, page, {
    position,
    rows: rows.map((raw) => ({ position: numberOf(raw.position), item: reviewOf(raw) })),
  })
}

interface Raw {
  id: string
  state: ListedReview['state']
  kind: string
  position: bigint
  opened_at: Date
  opened_by: string
  decision_id: string | null
  domain: string
  action: string | null
  subject_type: string | null
  subject_id: string | null
  digest: string
  path: string | null
  stage: number
  stages: readonly unknown[]
  roles: readonly string[]
  quorum: number
  due: Date
  requested_by: string
  votes: readonly ReviewVote[]
  vote_count: number
  closed_at: Date | null
  closed_by: string | null
  closed_reason: string | null
}

const reviewOf = (raw: Raw): ListedReview => ({
  id: raw.id,
  state: raw.state,
  kind: raw.kind,
  decisionId: raw.decision_id,
  domain: raw.domain,
  action: raw.action,
  subject:
    raw.subject_type === null ? null : { type: raw.subject_type, id: raw.subject_id as string },
  digest: raw.digest,
  path: raw.path,
  stage: raw.stage,
  stages: raw.stages.length,
  roles: raw.roles,
  quorum: raw.quorum,
  due: timeOf(raw.due),
  requestedBy: raw.requested_by,
  opened: { at: timeOf(raw.opened_at), by: raw.opened_by },
  votes: raw.votes,
  voteCount: raw.vote_count,
  closed:
    raw.closed_at === null
      ? null
      : { at: timeOf(raw.closed_at), by: raw.closed_by as string, reason: raw.closed_reason },
  position: numberOf(raw.position),
})

/** Open reviews of every ledger whose time was up at `now`, those that wait longest first. For the due job. */
export const dueReviews = async (
  sql: SqlRunner,
  now: string,
): Promise<readonly { readonly ledger: string; readonly id: string }[]> =>
  sql.query<{ ledger: string; id: string }>({
    name: 'read-reviews-due',
    // Ledger by ledger, because every index begins with the ledger.
    text: `select r.ledger, r.id from projection.checkpoints l
      join projection.builds b on b.name = l.name and b.build = l.build and b.state = 'live'
      cross join lateral (
        select v.ledger, v.id, v.due from projection.reviews v
        where v.ledger = l.ledger and v.state = 'open' and v.due <= $1::timestamptz
        order by v.due limit 100
      ) r where l.name = 'reviews' order by r.due`,
    values: [now],
  })
