// A worker that folds the read models of the tests and all of Writ's, until it is killed.
//
//   DATABASE_URL=... node test/fault/support/projector-worker.ts
//
// Tells by a line of JSON each that it has begun, what it swapped and what went wrong.
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { APP_ROLE, openServerDatabase } from '@writ/database'
import { LogReader, type LogTables } from '@writ/event-log'
import { PROJECTIONS } from '@writ/projections'
import { Projector } from '@writ/projector'
import { sales, telling } from '../../conformance/support/test-projections.ts'

const holder = randomUUID()
/** At once: a line that waits in the process dies with it. */
const tell = (line: object): void => {
  writeSync(1, `${JSON.stringify({ holder, ...line })}\n`)
}

const database = await openServerDatabase({
  url: process.env.DATABASE_URL as string,
  role: APP_ROLE,
})
new Projector({
  database,
  source: new LogReader(database.kysely<LogTables>()),
  projections: [sales(), telling(), ...PROJECTIONS],
  holder,
  monotonic: () => performance.now(),
  onFault: (fault, what) => tell({ fault: `${what}: ${fault}` }),
  onSwap: ({ name }) => tell({ swapped: name }),
  // Small, so that a few thousand events are many commits, and a rebuild has pages that it does not write at once.
  pages: { near: 20, far: 60 },
}).start()
tell({ began: true })
