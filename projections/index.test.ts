import { describe, expect, it } from 'vitest'
import { PROJECTIONS } from './index.ts'

describe('the list of read models', () => {
  it('has each name once, of projections and of tables', () => {
    const names = PROJECTIONS.map(({ name }) => name)
    expect(names).toHaveLength(10)
    expect(new Set(names).size).toBe(names.length)
    const tables = PROJECTIONS.flatMap((one) => one.tables.map(({ name }) => name))
    expect(new Set(tables).size).toBe(tables.length)
  })

  it('has names that fit, and keys and indexes of columns that there are', () => {
    for (const { name, tables } of PROJECTIONS) {
      expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*$/)
      for (const table of tables) {
        expect(table.name).toMatch(/^[a-z][a-z_]{0,39}$/)
        const named = [...table.key, ...(table.indexes ?? []).flat()].map(
          (each) => each.split(' ')[0],
        )
        expect(Object.keys(table.columns)).toEqual(expect.arrayContaining(named))
        // The runtime's own columns.
        for (const taken of ['ledger', 'tenant', 'as_of']) {
          expect(Object.keys(table.columns)).not.toContain(taken)
        }
        // A key has no nulls.
        for (const column of table.key) expect(table.columns[column]).not.toMatch(/\?$/)
      }
    }
  })
})
