import type {
  AccessEvaluation,
  AccessEvaluationRequest,
  AccessEvaluationsRequest,
} from '@writ/contracts'
import { Problem, type ProblemPlace } from '@writ/kernel'

const PARTS = ['subject', 'action', 'resource'] as const

/** The single evaluations of a batch, each with the parts of the batch where it has none of its own. */
export const askedEvaluations = (
  batch: AccessEvaluationsRequest,
): readonly (AccessEvaluationRequest | Problem)[] =>
  batch.evaluations.map((own, no) => {
    const whole = {
      subject: own.subject ?? batch.subject,
      action: own.action ?? batch.action,
      resource: own.resource ?? batch.resource,
    }
    const errors: readonly ProblemPlace[] = PARTS.filter((part) => whole[part] === undefined).map(
      (part) => ({
        pointer: `/evaluations/${no}/${part}`,
        message: 'is missing here and at the top',
      }),
    )
    if (errors.length > 0) {
      return new Problem('request-invalid', `${errors[0]?.pointer} ${errors[0]?.message}.`, {
        errors,
      })
    }
    const context = own.context ?? batch.context
    return { ...whole, ...(context === undefined ? {} : { context }) } as AccessEvaluationRequest
  })

/** Does the batch end with this answer? `execute_all` never does. */
export const stopsAt = (
  { options }: AccessEvaluationsRequest,
  { decision }: AccessEvaluation,
): boolean => {
  switch (options?.evaluations_semantic ?? 'execute_all') {
    case 'deny_on_first_deny':
      return !decision
    case 'permit_on_first_permit':
      return decision
    default:
      return false
  }
}
