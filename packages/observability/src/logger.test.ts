import { describe, expect, it } from 'vitest'
import { createLogger, type Logger } from './logger.ts'

const TOKEN = `writ_test_${'ab'.repeat(12)}_${'s'.repeat(43)}`

const linesOf = (write: (logger: Logger) => void): Record<string, unknown>[] => {
  const lines: string[] = []
  write(
    createLogger({
      level: 'info',
      name: 'api',
      destination: { write: (line) => lines.push(line) },
    }),
  )
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('logger', () => {
  it('writes one JSON object a line with level, name and time', () => {
    const [line] = linesOf((logger) => logger.info({ route: '/events' }, 'answered'))
    expect(line).toMatchObject({ level: 'info', name: 'api', route: '/events', msg: 'answered' })
    expect(line?.time).toMatch(/^\d{4}-\d{2}-\d{2}T/)
    expect(line).not.toHaveProperty('pid')
  })

  it('drops lines under its level', () => {
    expect(linesOf((logger) => logger.debug('no'))).toEqual([])
  })

  it.each([
    'authorization',
    'Authorization',
    'x-internal-token',
    'cookie',
    'set-cookie',
    'clientSecret',
    'secretKey',
    'password',
    'apiKey',
    'api_key',
  ])('censors the field %s at any of the first levels', (name) => {
    const [flat, deep] = linesOf((logger) => {
      logger.info({ [name]: 'hush' })
      logger.info({ a: { b: { [name]: 'hush' } } })
    })
    expect(JSON.stringify([flat, deep])).not.toContain('hush')
  })

  it('censors the bindings of a child and whole header sets', () => {
    const lines = linesOf((logger) => {
      logger.child({ token: 'hush' }).info('child')
      logger.info({ req: { headers: { 'x-custom': 'hush' } } })
    })
    expect(JSON.stringify(lines)).not.toContain('hush')
  })

  it('censors a key of ours and a bearer inside a sentence', () => {
    const lines = linesOf((logger) => {
      logger.info(`tried ${TOKEN}`)
      logger.info({ note: 'Bearer abcdefghijklmnop' })
    })
    expect(JSON.stringify(lines)).not.toContain('ssss')
    expect(JSON.stringify(lines)).not.toContain('abcdefghijklmnop')
  })

  it('writes of an error its type, code, message, stack and causes, and not what hangs on it', () => {
    const cause = Object.assign(new Error('connection lost'), {
      code: '08006',
      parameters: ['hush'],
    })
    const [line] = linesOf((logger) =>
      logger.error(
        { err: Object.assign(new TypeError('no reply', { cause }), { query: 'hush' }) },
        'failed',
      ),
    )
    expect(line?.err).toMatchObject({
      type: 'TypeError',
      message: 'no reply',
      cause: { code: '08006', message: 'connection lost' },
    })
    expect(JSON.stringify(line)).not.toContain('hush')
  })
})
