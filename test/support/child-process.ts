import { type ChildProcess, spawn } from 'node:child_process'

/** Another Node process that runs the text of a module. Killed with the test that forgot it. */
export const startModule = (source: string): ChildProcess =>
  spawn(process.execPath, ['--input-type=module-typescript', '--eval', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })

/** Runs the text of a module to its end. @returns what it wrote to stdout @throws when it exits with another code than 0 */
export const runModule = async (source: string): Promise<string> => {
  const child = startModule(source)
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const code = await exitOf(child)
  if (code !== 0) throw new Error(`the child process ended with ${code}: ${output}`)
  return output
}

/** The exit code, or the signal. */
export const exitOf = (child: ChildProcess): Promise<number | string | null> =>
  new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
