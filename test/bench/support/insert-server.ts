import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import pg from 'pg'

// The rival: Fastify's own parser and validator, and one prepared INSERT. No key, no chain, no policy.
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.POOL),
})
await pool.query(`create table if not exists public.bare_decisions (
  id uuid primary key, at timestamptz not null default now(), action text not null, subject text not null, request jsonb not null)`)

const app = fastify({ logger: false })
app.post<{
  Body: {
    action: string
    subject: { type: string; id: string }
    request: { discount: number; margin: number }
  }
}>(
  '/decisions/finance',
  {
    schema: {
      body: {
        type: 'object',
        required: ['action', 'subject', 'request'],
        properties: {
          action: { type: 'string', maxLength: 64 },
          subject: {
            type: 'object',
            required: ['type', 'id'],
            properties: { type: { type: 'string' }, id: { type: 'string' } },
          },
          request: {
            type: 'object',
            required: ['discount', 'margin'],
            properties: { discount: { type: 'number' }, margin: { type: 'number' } },
          },
        },
      },
    },
  },
  async ({ body }, reply) => {
    const id = randomUUID()
    const { action, subject, request } = body
    await pool.query({
      name: 'insert-decision',
      text: 'insert into public.bare_decisions (id, action, subject, request) values ($1, $2, $3, $4)',
      values: [id, action, `${subject.type}:${subject.id}`, JSON.stringify(request)],
    })
    return reply.code(201).send({ id, action, outcome: 'stored' })
  },
)
const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${JSON.stringify({ url, token: 'none' })}\n`)
process.on('SIGTERM', () => process.exit(0))
