import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { latencies } from './figure.ts'
import type { HttpLoad } from './http-load.ts'

/**
 * POSTs at a fixed rate, whether or not earlier ones are answered, each under an Idempotency-Key of its own. Latency
 * counts from the moment a request was due: a stall then shows in all it held up (coordinated omission).
 */
export const openLoop = async (
  load: HttpLoad & { readonly rate: number },
): Promise<{ rate: number; count: number; ms: { p50: number; p95: number; p99: number } }> => {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections })
  const prefix = randomUUID()
  const total = Math.round(load.rate * load.seconds)
  const taken: number[] = []
  const started = performance.now()
  await new Promise<void>((resolve, reject) => {
    let sent = 0
    let answered = 0
    const tick = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * load.rate))
      for (; sent < due; sent++) {
        const dueAt = started + (sent / load.rate) * 1000
        post(agent, load, `${prefix}-${sent}`).then(() => {
          taken.push(performance.now() - dueAt)
          if (++answered === total) resolve()
        }, reject)
      }
      if (sent === total) clearInterval(tick)
    }, 1)
  })
  agent.destroy()
  const seconds = (performance.now() - started) / 1000
  return { rate: total / seconds, count: total, ms: latencies(taken) }
}

const post = (agent: Agent, load: HttpLoad, key: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = {
      ...load.headers,
      'idempotency-key': key,
      'content-length': Buffer.byteLength(load.body),
    }
    const call = request(load.url, { method: 'POST', agent, headers }, (response) => {
      if (response.statusCode !== 201) reject(new Error(`answered ${response.statusCode}`))
      response.resume().on('end', resolve)
    })
    call.on('error', reject)
    call.end(load.body)
  })
