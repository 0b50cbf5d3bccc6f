export interface ApiConfig {
  /** `production` asks for an Idempotency-Key on decisions. */
  readonly profile: 'development' | 'production'
  /** Which proxies may name the client's address: false, or addresses and ranges separated by commas. Default false. */
  readonly trustProxy?: false | string
}

/** Longest time for a whole request to arrive. Unit: ms. A 1 MiB body at 0.3 Mbit/s takes 28 s. */
export const REQUEST_TIMEOUT_MS = 30_000

/** Longest time for the headers to arrive. Unit: ms. Longer only helps those who hold connections open on purpose. */
export const HEADERS_TIMEOUT_MS = 10_000

/** How often open connections are checked against both. Unit: ms. */
export const TIMEOUT_CHECK_MS = 5_000

/** Idle time of a kept connection. Unit: ms. Above the 60 s of the usual load balancers, so that they close first. */
export const KEEP_ALIVE_MS = 72_000
