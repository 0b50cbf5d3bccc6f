import { expect, it } from 'vitest'
import { closest, editDistance } from './closest-name.ts'

it.each([
  ['dscount', ['margin', 'discount'], 'discount'],
  ['dasy', ['days', 'day'], 'days'],
  ['maxAmout', ['maxAmount', 'minAmount'], 'maxAmount'],
  ['pth', ['id', 'path'], 'path'],
  ['colour', ['version', 'actions'], undefined],
  ['b', ['a'], undefined],
])('%s, of %j, may mean %s', (name, known, meant) => expect(closest(name, known)).toBe(meant))

it('counts a swap of neighbours as one', () => {
  expect([
    editDistance('dasy', 'days'),
    editDistance('abc', 'abc'),
    editDistance('', 'ab'),
  ]).toEqual([1, 0, 2])
})
