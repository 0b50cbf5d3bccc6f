import type { ReviewState } from '@writ/domain'
import { type LedgerName, sha256, uuidV7 } from '@writ/kernel'
import type { Deps } from '../deps.ts'
import { reviewHistory } from './review-history.ts'

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
  const asked = async (attempt: number) => {
    const name = `writ/v1/review-id\0${question.digest}\0${attempt}`
    const id = uuidV7(question.since, sha256(name).subarray(0, 10))
    const { state } = await reviewHistory(deps, ledger, id)
    return { id, open: state, isNext: state === undefined || state.status === 'open' }
  }
  // Each was opened after the one before had ended, so the next is found by halves: nobody can use a question up.
  let ended = -1
  let next = 0
  let found = await asked(next)
  while (!found.isNext) {
    ended = next
    next = next * 2 + 1
    found = await asked(next)
  }
  while (next - ended > 1) {
    const middle = Math.floor((ended + next) / 2)
    const tried = await asked(middle)
    if (tried.isNext) {
      next = middle
      found = tried
    } else ended = middle
  }
  return { id: found.id, open: found.open }
}
