import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { exitOf } from '../support/child-process.ts'
import { emptyHome } from '../support/test-databases.ts'
import { launch, runWrit, startWrit } from './support/writ.ts'

/** Several first starts in one test; a loaded machine takes ten times as long for each. */
const PATIENT = { timeout: 180_000 }

const cache = mkdtempSync(join(tmpdir(), 'writ-cache-'))
afterAll(() => rmSync(cache, { recursive: true, force: true }))

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** The first answer, once anybody listens. */
const ask = async (url: string): Promise<{ status: number; body: unknown }> => {
  for (;;) {
    try {
      const headers = { authorization: 'Bearer not-a-key' }
      const reply = await fetch(url, { headers })
      return { status: reply.status, body: await reply.json() }
    } catch (fault) {
      if (!(fault instanceof TypeError)) throw fault
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

describe('a first start', () => {
  it('answers while its database is being created, and lets nobody past before it is ready', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    // No cache: the database takes seconds to create, so there is time to look.
    const environment = { WRIT_HOME: emptyHome(), WRIT_PORT: String(port), WRIT_CACHE_DIR: 'off' }
    const starting = startWrit(environment)
    expect(await ask(`${url}/health`)).toEqual({ status: 200, body: { ok: true } })
    expect(await ask(`${url}/ready`)).toMatchObject({
      status: 503,
      body: { ready: false, checks: { start: { ok: false } } },
    })
    expect(await ask(`${url}/controls`)).toMatchObject({
      status: 503,
      body: { code: 'store-unavailable' },
    })
    const writ = await starting
    expect(await ask(`${url}/ready`)).toMatchObject({ status: 200, body: { ready: true } })
    expect((await writ.client().get('/controls')).status).toBe(200)
    expect((await ask(`${url}/controls`)).status).toBe(401)
    await writ.stop()
  })

  it(
    'leaves a template and compiled modules, and the next one works from them',
    PATIENT,
    async () => {
      for (let i = 0; i < 2; i++) {
        const environment = { WRIT_HOME: emptyHome(), WRIT_PORT: '0', WRIT_CACHE_DIR: cache }
        const writ = await startWrit(environment)
        expect((await writ.client().get('/controls')).status).toBe(200)
        await writ.stop()
      }
      expect(readdirSync(cache).sort()).toEqual([
        'modules',
        expect.stringMatching(/^pglite-.*\.zst$/),
      ])
      expect(readdirSync(join(cache, 'modules')).length).toBeGreaterThan(0)
    },
  )

  it('that was killed in the middle is repeated without harm', PATIENT, async () => {
    const home = emptyHome()
    const environment = { WRIT_HOME: home, WRIT_PORT: '0', WRIT_CACHE_DIR: cache }
    for (const delayMs of [300, 800, 1_300]) {
      const child = launch(['start'], environment)
      const ended = exitOf(child)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      child.kill('SIGKILL')
      await ended
    }
    const writ = await startWrit(environment)
    expect((await writ.client().get('/controls')).status).toBe(200)
    await writ.stop()
    expect(existsSync(join(home, 'key'))).toBe(true)
  })

  it('ends with 2 on a port that is taken, before its database is of any use', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as { port: number }
    const { code, stderr } = await runWrit(['start'], {
      WRIT_HOME: emptyHome(),
      WRIT_PORT: String(port),
      WRIT_CACHE_DIR: cache,
    })
    holder.close()
    expect([code, stderr]).toEqual([2, expect.stringContaining(String(port))])
  })
})

describe('a misspelt name in the environment', () => {
  it('is told in development, with the name that was meant', async () => {
    const writ = await startWrit({
      WRIT_HOME: emptyHome(),
      WRIT_PORT: '0',
      WRIT_CACHE_DIR: cache,
      WRIT_LOGLEVEL: 'hunter2',
    })
    expect(writ.said()).toContain('WRIT_LOGLEVEL is not known; did you mean WRIT_LOG_LEVEL?')
    expect(writ.said()).not.toContain('hunter2')
    await writ.stop()
  })

  it('ends a start in production with 2', async () => {
    const { code, stderr } = await runWrit(['start'], {
      WRIT_PROFILE: 'production',
      WRIT_LOGLEVEL: 'hunter2',
    })
    expect(code).toBe(2)
    expect(stderr).toContain('- WRIT_LOGLEVEL is not known; did you mean WRIT_LOG_LEVEL?')
    expect(stderr).not.toContain('hunter2')
  })
})
