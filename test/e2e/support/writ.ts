import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { exitOf } from '../../support/child-process.ts'
import { cloneDatabase, emptyHome, migratedHome } from '../../support/test-databases.ts'
import { type Client, client } from './client.ts'

const MAIN = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url))

/** The environment of a `writ` process, over what a bare shell has. */
export type Environment = Readonly<Record<string, string>>

/** How a process ended, and all it said. */
export interface Finished {
  /** Exit code, or the signal that ended it. */
  readonly code: number | string | null
  readonly stdout: string
  readonly stderr: string
}

/** A running `writ start`. */
export interface WritProcess {
  readonly url: string
  readonly environment: Environment
  /** Everything it has written to standard output and error so far. */
  readonly said: () => string
  /** With the development key: every scope. */
  readonly client: () => Client
  readonly stop: (signal?: NodeJS.Signals) => Promise<Finished>
  /** kill -9; resolves when the process is gone. */
  readonly kill9: () => Promise<void>
}

const running = new Set<ChildProcess>()

afterAll(async () => {
  const left = [...running].filter((child) => child.exitCode === null && child.signalCode === null)
  const gone = left.map(exitOf)
  for (const child of left) child.kill('SIGKILL')
  await Promise.all(gone)
})

/** An installation on the real server: a migrated database and a home of its own. */
export const onServer = async (settings: Environment = {}): Promise<Environment> => ({
  DATABASE_URL: await cloneDatabase(),
  WRIT_HOME: newHome(),
  WRIT_PORT: '0',
  ...settings,
})

/** An installation on the embedded database, migrated. Its host ends with the processes that use it. */
export const onEmbedded = (settings: Environment = {}): Environment => ({
  WRIT_HOME: migratedHome(),
  WRIT_PORT: '0',
  ...settings,
})

/** Secrets that processes with homes of their own share. */
export const secrets = (): Environment => ({
  WRIT_MASTER_KEY: randomBytes(32).toString('base64'),
  WRIT_SERVER_SECRET: randomBytes(32).toString('base64'),
})

export const newHome = (): string => {
  const home = emptyHome()
  mkdirSync(home, { recursive: true })
  return home
}

/** Runs one command to its end. */
export const runWrit = async (
  args: readonly string[],
  environment: Environment = {},
): Promise<Finished> => {
  const child = launch(args, environment)
  const output = outputOf(child)
  const code = await exitOf(child)
  running.delete(child)
  return { code, ...output.parts() }
}

/** Runs one command that must end well, and parses its one JSON document. */
export const writJson = async <T>(
  args: readonly string[],
  environment: Environment,
): Promise<T> => {
  const { code, stdout, stderr } = await runWrit([...args, '--json'], environment)
  if (code !== 0) throw new Error(`writ ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
  return JSON.parse(stdout) as T
}

/** A command under way, for tests that end it early. */
export const launch = (args: readonly string[], environment: Environment): ChildProcess => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  return child
}

/** Starts Writ and waits for the line that names its address. @throws when it ends before */
export const startWrit = async (environment: Environment): Promise<WritProcess> => {
  const child = launch(['start'], environment)
  const output = outputOf(child)
  const ended = exitOf(child)
  const url = await Promise.race([
    output.match(/Writ listens on (http:\/\/\S+)/),
    ended.then((code) => {
      throw new Error(`writ start ended with ${code}: ${output.all()}`)
    }),
  ])
  const stop = async (signal: NodeJS.Signals): Promise<Finished> => {
    child.kill(signal)
    const code = await ended
    running.delete(child)
    return { code, ...output.parts() }
  }
  return {
    url,
    environment,
    said: output.all,
    client: () => client(url, developmentKey(environment)),
    stop: (signal = 'SIGTERM') => stop(signal),
    kill9: async () => {
      await stop('SIGKILL')
    },
  }
}

/** What `start` keeps in the home for the README's commands. */
export const developmentKey = ({ WRIT_HOME = '' }: Environment): string =>
  readFileSync(join(WRIT_HOME, 'key'), 'utf8').trim()

interface Output {
  parts(): { readonly stdout: string; readonly stderr: string }
  readonly all: () => string
  match(pattern: RegExp): Promise<string>
}

const outputOf = (child: ChildProcess): Output => {
  let stdout = ''
  let stderr = ''
  let all = ''
  const waiting = new Set<() => void>()
  const hear = (text: string): void => {
    all += text
    for (const look of waiting) look()
  }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    hear(text)
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    hear(text)
  })
  return {
    parts: () => ({ stdout, stderr }),
    all: () => all,
    match: (pattern) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = pattern.exec(all)?.[1]
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
}
