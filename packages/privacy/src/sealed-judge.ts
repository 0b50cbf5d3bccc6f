import { type LedgerName, tenantOf } from '@writ/kernel'
import { judgeValue } from './sealing.ts'
import type { SubjectVault } from './subject-vault.ts'

/** A sealed value with the commitment its entry holds; `sealed` is absent where nothing is stored for it. */
export interface SealedToJudge {
  readonly eventId: string
  readonly pointer: string
  readonly commitment: { readonly c: string; readonly k: string }
  readonly sealed?: { readonly nonce: Uint8Array; readonly ciphertext: Uint8Array }
}

type Verdict = ReturnType<typeof judgeValue> | 'erased' | 'locked'

/**
 * Opens sealed values for `writ log verify`, and keeps none of them: only the verdicts leave this function. A key that
 * is gone makes its values erased, whether or not their rows went with it.
 */
export const sealedJudge = (vault: SubjectVault) => ({
  judge: async (
    ledger: LedgerName,
    values: readonly SealedToJudge[],
  ): Promise<readonly Verdict[]> => {
    const keys = await vault.keysOrLocked(
      tenantOf(ledger),
      values.map(({ commitment }) => commitment.k),
    )
    return values.map(({ eventId, pointer, commitment, sealed }): Verdict => {
      const key = keys.get(commitment.k)
      if (key === undefined) return 'erased'
      if (key === 'locked') return 'locked'
      if (sealed === undefined) return 'unreadable'
      return judgeValue(key, { ledger, eventId, pointer }, { commitment, ...sealed })
    })
  },
})
