/** A command's page is loaded when it is called: short commands need not wait for the server's parts. */
export const page =
  <Module, Name extends keyof Module>(load: () => Promise<Module>, name: Name) =>
  async (...given: unknown[]): Promise<void> => {
    const run = (await load())[name] as (...given: unknown[]) => Promise<void>
    await run(...given)
  }

export const JSON_OPTION = ['--json', 'one JSON document instead of text'] as const

export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`
