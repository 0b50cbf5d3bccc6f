import type { DecisionView } from '@writ/commands'
import type { AccessEvaluation } from '@writ/contracts'
import type { JsonObject, Problem } from '@writ/kernel'
import { HTTP_STATUS } from '../http-status.ts'

/**
 * A decision as AuthZEN answers: true only for an approval whose effect may start now. What waits for a veto window,
 * and what waits for people, is not allowed yet; the context says where to look. Source: DESIGN §7, AuthZEN 1.0.
 */
export const accessAnswer = (decision: DecisionView, now: string): AccessEvaluation => {
  const view = decision as unknown as {
    readonly outcome: string
    readonly effectiveAt: string | null
    readonly reasons: readonly { readonly code: string; readonly message: string }[]
  }
  const mayStart =
    view.outcome === 'approved' && view.effectiveAt !== null && view.effectiveAt <= now
  const { id, outcome, autonomyLevel, effectiveAt, codes, policy, log, review } = decision
  const context = {
    ...{ id, outcome, autonomyLevel, effectiveAt, codes, policy, log },
    ...(review === undefined ? {} : { review }),
    reason: view.reasons.map(({ message }) => message).join(' '),
  }
  return { decision: mayStart, context: context as unknown as JsonObject }
}

/** One of several that could not be decided: it is denied, and does not fail the others. */
export const accessError = ({ code, detail, fields }: Problem): AccessEvaluation => ({
  decision: false,
  context: {
    error: {
      status: HTTP_STATUS[code],
      code,
      message: detail,
      ...(fields.errors === undefined
        ? {}
        : { errors: fields.errors.map((place) => ({ ...place })) }),
    },
  },
})
