/** How long a verified token is believed without looking. Unit: ms. A revoked key still works in other processes for at
 *  most this long; every millisecond less is another read of the database for each key and second. */
export const BELIEVED_MS = 1_000

/** Tokens remembered at once. Unit: tokens. About 5 MiB; the oldest go first, which costs one read. */
export const REMEMBERED_MAX = 10_000

export interface VerifiedTokens<Holder> {
  /** The holder, while the memory of it is fresh. */
  find(digest: string, now: number): Holder | undefined
  /** `readAt` is the time *before* the database was asked, so that staleness is counted from there. */
  remember(
    digest: string,
    known: {
      readonly keyId: string
      readonly holder: Holder
      readonly readAt: number
      readonly expiresAt: number | undefined
    },
  ): void
  forget(keyId: string): void
}

interface Remembered<Holder> {
  readonly keyId: string
  readonly holder: Holder
  readonly until: number
}

/** Verified tokens by SHA-256 of the token: memory of the process never holds the secret itself. */
export const verifiedTokens = <Holder>(): VerifiedTokens<Holder> => {
  const known = new Map<string, Remembered<Holder>>()
  return {
    find(digest, now) {
      const remembered = known.get(digest)
      if (remembered === undefined) return undefined
      // A clock that stepped back must not prolong anything.
      if (now < remembered.until && now >= remembered.until - BELIEVED_MS) return remembered.holder
      known.delete(digest)
      return undefined
    },
    remember(digest, { keyId, holder, readAt, expiresAt }) {
      known.delete(digest)
      known.set(digest, {
        keyId,
        holder,
        until: Math.min(readAt + BELIEVED_MS, expiresAt ?? Number.POSITIVE_INFINITY),
      })
      if (known.size > REMEMBERED_MAX) known.delete(known.keys().next().value as string)
    },
    forget(keyId) {
      for (const [digest, remembered] of known) if (remembered.keyId === keyId) known.delete(digest)
    },
  }
}
