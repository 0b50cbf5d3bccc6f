import { budgetsMissed, note, useJson } from './support/figure.ts'

/** Every bench by name; each is a page that prints its figures. */
const BENCHES: Readonly<Record<string, (only?: string) => Promise<void>>> = {
  append: async (only) => (await import('./append.bench.ts')).appendBench(only),
  'append-peer': async (only) => (await import('./append-peer.bench.ts')).appendPeerBench(only),
  'decide-core': async () => (await import('./decide-core.bench.ts')).decideCoreBench(),
  'decide-http': async () => (await import('./decide-http.bench.ts')).decideHttpBench(),
  follow: async (only) => (await import('./follow.bench.ts')).followBench(only),
  layout: async () => (await import('./layout.bench.ts')).layoutBench(),
  'policy-peers': async () => (await import('./policy-peers.bench.ts')).policyPeersBench(),
  project: async (only) => (await import('./project.bench.ts')).projectBench(only),
  replay: async () => (await import('./replay.bench.ts')).replayBench(),
  search: async () => (await import('./search.bench.ts')).searchBench(),
  verify: async () => (await import('./verify.bench.ts')).verifyBench(),
}

const wanted = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith('--'))
  .map((argument) => argument.split(':') as [string, string?])
useJson(process.argv.includes('--json'))

if (wanted.length === 0 || wanted.some(([name]) => BENCHES[name] === undefined)) {
  note(
    `usage: pnpm bench NAME[:FIGURE]… [--json]\nbenches: ${Object.keys(BENCHES).join(', ')}\n\nExamples:\n  pnpm bench append:by-id\n  pnpm bench decide-core --json`,
  )
  process.exitCode = 2
} else {
  for (const [name, only] of wanted) await BENCHES[name]?.(only)
  if (budgetsMissed() > 0) {
    note(`${budgetsMissed()} budgets missed`)
    process.exitCode = 1
  }
}
