import { writeFileSync } from 'node:fs'
import { committedSchema, comparableSchema, SCHEMA_SNAPSHOT } from '@writ/cli'
import { expect, it } from 'vitest'
import { describeOnBothDatabases } from '../support/test-databases.ts'

/** Set it to write the file anew after a migration was added; the difference then shows in the commit. */
const UPDATE = process.env.UPDATE_SNAPSHOT === '1'

describeOnBothDatabases('the schema of a fresh database', (open, kind) => {
  it('is the one in migrations/schema.snapshot.sql; UPDATE_SNAPSHOT=1 writes it', async () => {
    const { owner } = await open()
    const schema = await comparableSchema(owner)
    if (UPDATE && kind === 'embedded') writeFileSync(SCHEMA_SNAPSHOT, schema)
    expect(schema).toContain('table log.entries')
    expect(schema).toBe(committedSchema())
  })
})
