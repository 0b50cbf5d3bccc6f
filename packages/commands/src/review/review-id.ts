import type { ReviewState } from '@writ/domain'
import { type LedgerName, sha256, uuidV7 } from '@writ/kernel'
import type { Deps } from '../deps.ts'
import { reviewHistory } from './review-history.ts'

/** How often one question may be asked again after it ended without effect. */
const ASKED_MAX = 100

/**
 * The review of a question that is opened on demand: the open one where there is one, else the first id that is free.
 * Asking twice therefore opens one review, and a question that was declined can be put again, for all to see.
 *
 * @param question digest of what is asked, and a time that it has for ever, which begins the id. Unit: ms.
 */
export const reviewFor = async (
  deps: Pick<Deps, 'reader'>,
  ledger: LedgerName,
  question: { readonly digest: string; readonly since: number },
): Promise<{ readonly id: string; readonly open: ReviewState | undefined }> => {
  for (let attempt = 0; attempt < ASKED_MAX; attempt++) {
    const name = `writ/v1/review-id\0${question.digest}\0${attempt}`
    const id = uuidV7(question.since, sha256(name).subarray(0, 10))
    const { state } = await reviewHistory(deps, ledger, id)
    if (state === undefined || state.status === 'open') return { id, open: state }
  }
  throw new Error(`${question.digest} was asked ${ASKED_MAX} times in vain`)
}
