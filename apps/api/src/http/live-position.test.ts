import type { LedgerName, SqlRunner, SqlStatement } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { livePosition } from './live-position.ts'

const ACME = { ledger: 'acme/main' as LedgerName }
const SHOP = { ledger: 'shop/main' as LedgerName }

/** A database that answers when told, and remembers what it was asked. */
const slow = () => {
  const asked: SqlStatement[] = []
  const waiting: (() => void)[] = []
  const sql: SqlRunner = {
    query: (statement) => {
      asked.push(statement)
      return new Promise((resolve) =>
        waiting.push(() => resolve([{ position: BigInt(asked.length) }] as never)),
      )
    },
  }
  const answer = (): void => {
    for (const one of waiting.splice(0)) one()
  }
  return { sql, asked, answer }
}

describe('the position of a read model', () => {
  it('is asked for once, however many wait, and anew after the answer', async () => {
    const { sql, asked, answer } = slow()
    const positionOf = livePosition(sql)
    const many = Array.from({ length: 500 }, () => positionOf(ACME, 'decisions'))
    expect(asked).toHaveLength(1)
    answer()
    expect(new Set(await Promise.all(many))).toEqual(new Set([1]))
    const next = positionOf(ACME, 'decisions')
    answer()
    expect(await next).toBe(2)
  })

  it('is never shared between ledgers or read models', async () => {
    const { sql, asked, answer } = slow()
    const positionOf = livePosition(sql)
    const all = [
      positionOf(ACME, 'decisions'),
      positionOf(SHOP, 'decisions'),
      positionOf(ACME, 'outcomes'),
    ]
    expect(asked.map(({ values }) => values)).toEqual([
      ['decisions', 'acme/main'],
      ['decisions', 'shop/main'],
      ['outcomes', 'acme/main'],
    ])
    answer()
    await Promise.all(all)
  })
})
