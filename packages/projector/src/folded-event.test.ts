import { expect, it } from 'vitest'
import { foldInMemory } from './fold-in-memory.ts'
import { foldedPage } from './page-folding.ts'
import type { FoldedEvent, Projection, Upcast } from './projection.ts'

const TEXT = [
  { schema: 1, stream: 'order:1', type: 'OrderPlaced', position: 1, data: { sum: 5 } },
  { schema: 2, stream: 'order:1', type: 'OrderPlaced', position: 2, data: { cents: 700 } },
  { schema: 3, stream: 'order:1', type: 'OrderPlaced', position: 3, data: { money: 'much' } },
].map((entry) => JSON.stringify(entry))

const upcast: Upcast = (entry) => {
  if (entry.schema > 2) throw new Error('of a newer release')
  if (entry.schema === 2) return entry
  return { ...entry, schema: 2, data: { cents: 100 * (entry.data.sum as number) } }
}

const orders: Projection = {
  ...{ name: 'orders', version: 1, purpose: 'to be tested', upcast },
  tables: [{ name: 'orders', columns: { no: 'int8', cents: 'int8' }, key: ['no'] }],
  folds: { order: ['OrderPlaced'] },
  keys: () => [],
  fold: ({ position, data }, rows) =>
    rows.put('orders', { no: position, cents: data.cents as number }),
}

const folded = (...projections: readonly Projection[]): Promise<readonly FoldedEvent[]> =>
  foldedPage(
    { attachment: async () => undefined },
    'acme/main' as FoldedEvent['ledger'],
    TEXT.map((text, i) => ({ text, hash: '', position: i + 1 })),
    projections,
  )

it('an event is folded in today’s shape, whatever release wrote it', async () => {
  const events = await folded(orders)
  expect(events.map(({ schema, category }) => [schema, category])).toEqual([
    [2, 'order'],
    [2, 'order'],
    [3, 'order'],
  ])
  expect(foldInMemory(orders, events.slice(0, 2))('orders')).toMatchObject([
    { no: 1, cents: 500 },
    { no: 2, cents: 700 },
  ])
})

it('an event that cannot be read stops nobody but who folds its type', async () => {
  const events = await folded(orders)
  expect(events[2]?.unreadable).toEqual(new Error('of a newer release'))
  expect(() => foldInMemory(orders, events)).toThrow('of a newer release')
  const others = { ...orders, folds: { invoice: ['*'] } }
  expect(foldInMemory(others, events)('orders')).toEqual([])
})

it('without steps data is folded as it was written', async () => {
  const { upcast: _, ...raw } = orders
  expect((await folded(raw)).map(({ data }) => data)).toEqual([
    { sum: 5 },
    { cents: 700 },
    { money: 'much' },
  ])
})
