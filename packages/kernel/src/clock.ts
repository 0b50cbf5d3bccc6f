/** Milliseconds since 1970-01-01T00:00:00Z. Pure code is handed a time; only apps own a real clock. */
export interface Clock {
  now(): number
}

export const fixedClock = (ms: number): Clock => ({ now: () => ms })
