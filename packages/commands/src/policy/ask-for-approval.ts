import { type Activate, LOOSENING_QUORUM, type PublishedVersion } from '@writ/domain'
import { type JsonObject, type JsonValue, Problem } from '@writ/kernel'
import type { CommandContext } from '../caller.ts'
import type { Deps } from '../deps.ts'
import { reviewFor } from '../review/review-id.ts'
import { reviewDigest, reviewOpened } from '../review/review-question.ts'
import { APPROVER, TWO_APPROVERS } from '../review/two-approvers.ts'
import { refusalOf } from '../shared/refusal.ts'

/**
 * Opens the review that the step needs, once: asking again for the same step names the same review. The caller hears
 * which people have to say yes, and activates again when they have.
 *
 * @problem approval-needed
 */
export const askForApproval = async (
  deps: Deps,
  context: CommandContext,
  {
    version,
    command,
  }: {
    readonly version: PublishedVersion
    readonly command: Activate
  },
): Promise<Problem> => {
  const { ledger, actor } = context.caller
  const { name, domain, digest, publishedBy } = version
  const about: JsonObject = {
    ...{ name, version: version.version, domain, digest, against: command.active },
    loosening: command.loosening.map((each) => ({ ...each })),
    activateAt: command.activateAt ?? null,
  }
  const asked = reviewDigest(ledger, 'policy', about)
  const since = Date.parse(version.publishedAt)
  const { id, open } = await reviewFor(deps, ledger, { digest: asked, since })
  if (open !== undefined) return approvalNeeded(version, { id, digest: asked, about })
  const event = reviewOpened(deps, context, {
    ...{ id, kind: 'policy', about, domain, at: command.at, onTimeout: 'deny' },
    stages: TWO_APPROVERS,
    exclude: [publishedBy],
  })
  const result = await deps.log.append(ledger, {
    caller: actor.id,
    events: [{ event, expectedRevision: 0 }],
  })
  if (result instanceof Problem) return result
  // A conflict says that somebody else has just asked the same.
  if (result.status !== 'appended' && result.status !== 'conflict') {
    return refusalOf(result.status === 'duplicate' ? { status: 'id-reused' } : result)
  }
  return approvalNeeded(version, { id, digest: asked, about })
}

const approvalNeeded = (
  { name, version }: PublishedVersion,
  {
    id,
    digest,
    about,
  }: { readonly id: string; readonly digest: string; readonly about: JsonObject },
): Problem => {
  const { loosening } = about
  const what = (loosening as readonly JsonValue[]).length
  return new Problem(
    'approval-needed',
    `${name}@${version} loosens ${what} thing${what === 1 ? '' : 's'} against the active version. ${LOOSENING_QUORUM} people with the role ${APPROVER}, none of them its author, have to approve review ${id}; then activate again.`,
    { reviewId: id, digest, loosening },
  )
}
