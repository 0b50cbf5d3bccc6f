import { budgetsMissed, note, useJson } from './support/figure.ts'

/** Every bench by name; each is a page that prints its figures. */
const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  append: async () => (await import('./append.bench.ts')).appendBench(),
  'append-peer': async () => (await import('./append-peer.bench.ts')).appendPeerBench(),
  'decide-core': async () => (await import('./decide-core.bench.ts')).decideCoreBench(),
  'decide-http': async () => (await import('./decide-http.bench.ts')).decideHttpBench(),
  layout: async () => (await import('./layout.bench.ts')).layoutBench(),
  verify: async () => (await import('./verify.bench.ts')).verifyBench(),
}

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
useJson(process.argv.includes('--json'))

if (names.length === 0 || names.some((name) => BENCHES[name] === undefined)) {
  note(
    `usage: pnpm bench NAME… [--json]\nbenches: ${Object.keys(BENCHES).join(', ')}\n\nExamples:\n  pnpm bench append\n  pnpm bench decide-core --json`,
  )
  process.exitCode = 2
} else {
  for (const name of names) await BENCHES[name]?.()
  if (budgetsMissed() > 0) {
    note(`${budgetsMissed()} budgets missed`)
    process.exitCode = 1
  }
}
