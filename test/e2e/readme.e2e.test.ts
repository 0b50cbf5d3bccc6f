import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exitOf } from '../support/child-process.ts'
import { developmentKey, newHome, onEmbedded, runWrit, startWrit } from './support/writ.ts'

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** A command of a block, with the fragments that the lines `# → …` behind it promise of its output. */
interface Step {
  readonly command: string
  readonly promises: readonly string[]
}

/** The shell block behind the line `<!-- test:NAME -->`. */
const blockOf = (text: string, name: string): string => {
  const found = new RegExp(`^<!-- test:${name} -->\\n\`\`\`sh\\n([\\s\\S]*?)^\`\`\``, 'm').exec(
    text,
  )
  if (found === null) throw new Error(`README.md has no sh block behind <!-- test:${name} -->`)
  return found[1] as string
}

/** Commands by line, continued ones joined; the two lines that say where a server is are left to the environment. */
const stepsOf = (block: string): readonly Step[] => {
  const steps: { command: string; promises: string[] }[] = []
  for (const line of block.replaceAll(/\s*\\\n\s*/g, ' ').split('\n')) {
    const promise = /^# → (.+)$/.exec(line)?.[1]
    if (promise !== undefined) steps.at(-1)?.promises.push(promise.trim())
    else if (!/^(?:#.*|WRIT=.*|KEY=.*|\s*)$/.test(line)) steps.push({ command: line, promises: [] })
  }
  return steps
}

/** Between the outputs of two commands; no reply holds it. */
const MARK = '=====next====='

/** All in one shell, since later lines use what earlier ones set; ends at the first that fails. */
const run = async (
  steps: readonly Step[],
  settings: Readonly<Record<string, string>>,
): Promise<readonly string[]> => {
  const script = steps.map(({ command }) => `${command}\necho; echo ${MARK}`).join('\n')
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: newHome(),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  expect([await exitOf(child), output]).toEqual([0, expect.any(String)])
  return output.split(`${MARK}\n`).slice(0, -1)
}

describe('the README', () => {
  it('keeps every promise of its five minutes on a fresh embedded installation', async () => {
    const steps = stepsOf(blockOf(README, 'five-minutes'))
    const requests = steps.filter(({ command }) => command.includes('curl '))
    expect(requests.length).toBeGreaterThan(4)
    for (const { command, promises } of requests) {
      // A request that promises nothing could fail unseen.
      expect([command, promises.length]).not.toEqual([command, 0])
    }
    const environment = onEmbedded()
    const writ = await startWrit(environment)
    const settings = { WRIT: writ.url, KEY: developmentKey(environment) }
    const outputs = await run(steps, settings)
    expect(outputs).toHaveLength(steps.length)
    steps.forEach(({ command, promises }, i) => {
      for (const promise of promises) {
        expect({ command, output: outputs[i] }).toEqual({
          command,
          output: expect.stringContaining(promise),
        })
      }
    })
    expect((await runWrit(['log', 'verify'], environment)).code).toBe(0)
    expect((await writ.stop()).code).toBe(0)
  })

  it('is read as it is meant: joined lines, promises of the command before them, no assignments', () => {
    const block = blockOf(
      'x\n<!-- test:a -->\n```sh\nWRIT=http://x\n# what it does\ncurl -s \\\n  $WRIT\n# → "a":1\n# → "b":2\necho b\n```\n',
      'a',
    )
    expect(stepsOf(block)).toEqual([
      { command: 'curl -s $WRIT', promises: ['"a":1', '"b":2'] },
      { command: 'echo b', promises: [] },
    ])
    expect(() => blockOf(README, 'no-such-block')).toThrow('no sh block')
  })
})
