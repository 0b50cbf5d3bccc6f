import { defineConfig } from 'vitest/config'

const DATABASE_TESTS = '**/*.db.test.ts'
const END_TO_END_TESTS = '**/*.e2e.test.ts'
const ARCHITECTURE_TESTS = 'test/architecture/**/*.test.ts'
const NEVER = ['**/node_modules/**', '**/dist/**']

/** A first start of the embedded database takes 2 to 5 s, several times that on a loaded machine. Unit: ms. */
const SLOW_TEST_MS = 60_000

/** Where CI wants the counts. */
const REPORT = process.env.WRIT_TEST_REPORT

// biome-ignore lint/style/noDefaultExport: Vitest reads the default export
export default defineConfig({
  test: {
    // One embedded database costs some 0.5 GB: more workers would be quicker only on machines that have the memory.
    pool: 'forks',
    maxWorkers: 2,
    reporters: REPORT === undefined ? ['default'] : ['default', ['json', { outputFile: REPORT }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/*/src/**/*.test.ts',
            'projections/**/*.test.ts',
          ],
          exclude: [...NEVER, DATABASE_TESTS, END_TO_END_TESTS],
        },
      },
      {
        test: {
          name: 'database',
          include: [DATABASE_TESTS],
          exclude: NEVER,
          globalSetup: 'test/support/test-databases.setup.ts',
          testTimeout: SLOW_TEST_MS,
          hookTimeout: SLOW_TEST_MS,
        },
      },
      {
        test: {
          name: 'e2e',
          include: [END_TO_END_TESTS, 'test/**/*.test.ts'],
          exclude: [...NEVER, DATABASE_TESTS, ARCHITECTURE_TESTS, 'test/bench/**'],
          globalSetup: 'test/support/test-databases.setup.ts',
          testTimeout: SLOW_TEST_MS,
          hookTimeout: SLOW_TEST_MS,
        },
      },
      {
        test: { name: 'architecture', include: [ARCHITECTURE_TESTS], exclude: NEVER },
      },
    ],
  },
})
