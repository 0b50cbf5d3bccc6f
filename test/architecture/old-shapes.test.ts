import { expect, it } from 'vitest'
import { isTest, sourceFiles } from './support/repository.ts'

/**
 * They tell ids and places of entries, or show them as they were written; explanation and replay of a decision put
 * sealed values back first, by the pointers of the shape that was written, and upcast then.
 */
const READ_AS_WRITTEN = [
  'packages/commands/src/decision/explain-decision.query.ts',
  'packages/commands/src/event/append-events.command.ts',
  'packages/commands/src/event/read-events.query.ts',
  'packages/commands/src/replay/recorded-decision.ts',
  'packages/commands/src/replay/replay-decisions.query.ts',
]

it('commands read the data of entries in today’s shape, through one function', () => {
  const raw = sourceFiles()
    .filter(({ path }) => path.startsWith('packages/commands/src/') && !isTest(path))
    .filter(({ text }) => /\bparseEntry\b|JSON\.parse\(\w+\.text\)/.test(text))
    .map(({ path }) => path)
  expect(raw.sort()).toEqual([...READ_AS_WRITTEN, 'packages/commands/src/shared/current-entry.ts'])
})
