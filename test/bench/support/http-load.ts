import { randomUUID } from 'node:crypto'
import autocannon from 'autocannon'

export interface HttpLoad {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** POSTs from kept connections, each request under an Idempotency-Key of its own. Any answer but 201 fails the bench. */
export const httpLoad = async (
  load: HttpLoad,
): Promise<{ rate: number; count: number; ms: { p50: number; p95: number; p99: number } }> => {
  const prefix = randomUUID()
  let key = 0
  const result = await autocannon({
    url: load.url,
    method: 'POST',
    connections: load.connections,
    duration: load.seconds,
    requests: [
      {
        body: load.body,
        headers: load.headers,
        setupRequest: (request) => ({
          ...request,
          headers: { ...request.headers, 'idempotency-key': `${prefix}-${key++}` },
        }),
      },
    ],
  })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} answers were no 201, ${result.errors} connections failed`)
  }
  const { p50, p97_5, p99 } = result.latency
  return {
    rate: result.requests.average,
    count: result.requests.total,
    ms: { p50, p95: p97_5, p99 },
  }
}
