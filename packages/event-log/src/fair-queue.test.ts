import { describe, expect, it } from 'vitest'
import { FairQueue } from './fair-queue.ts'

const filled = (items: string, capacity = 100): FairQueue<string> => {
  const queue = new FairQueue<string>(capacity)
  for (const item of items.split(' ')) {
    if (!queue.offer(item[0] as string, item)) throw new Error(`${item} was not taken`)
  }
  return queue
}

const take = (queue: FairQueue<string>, count: number): readonly string[] => {
  let left = count
  return queue.take(() => (left-- > 0 ? 'take' : 'stop'))
}

describe('a fair queue', () => {
  it('takes one item a caller in turn', () => {
    const queue = filled('a1 a2 a3 a4 b1 c1 c2')
    expect(take(queue, 100)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3', 'a4'])
    expect(queue.size).toBe(0)
  })

  it('delays nobody by more than one round, however many items one caller has', () => {
    const queue = filled(Array.from({ length: 1_000 }, (_, i) => `a${i}`).join(' '), 2_000)
    queue.offer('b', 'b1')
    expect(take(queue, 2)).toEqual(['a0', 'b1'])
  })

  it('goes on, after a cut round, with those who were not served', () => {
    const queue = filled('a1 a2 a3 b1 b2 c1')
    expect(take(queue, 2)).toEqual(['a1', 'b1'])
    expect(take(queue, 2)).toEqual(['c1', 'a2'])
    expect(take(queue, 2)).toEqual(['b2', 'a3'])
  })

  it('leaves what is passed over in its place, and the later items of that caller behind it', () => {
    const queue = filled('a1 a2 b1 b2')
    expect(queue.take((item) => (item === 'a1' ? 'leave' : 'take'))).toEqual(['b1', 'b2'])
    expect(queue.size).toBe(2)
    expect(take(queue, 100)).toEqual(['a1', 'a2'])
  })

  it('takes nothing when told to stop at once, and loses nothing', () => {
    const queue = filled('a1 b1')
    expect(queue.take(() => 'stop')).toEqual([])
    expect(queue.take(() => 'leave')).toEqual([])
    expect(queue.size).toBe(2)
    expect(take(queue, 100)).toEqual(['a1', 'b1'])
  })

  it('takes no item beyond its capacity, whoever offers it, until there is room again', () => {
    const queue = filled('a1 a2 b1', 3)
    expect(queue.offer('a', 'a3')).toBe(false)
    expect(queue.offer('c', 'c1')).toBe(false)
    expect(queue.size).toBe(3)
    expect(take(queue, 1)).toEqual(['a1'])
    expect(queue.offer('c', 'c1')).toBe(true)
    expect(queue.offer('c', 'c2')).toBe(false)
    expect(take(queue, 100).toSorted()).toEqual(['a2', 'b1', 'c1'])
  })

  it('keeps the order of each caller through any mixture of offers and takes', () => {
    const queue = new FairQueue<string>(50)
    const taken: string[] = []
    const sent = { a: 0, b: 0, c: 0 }
    for (let step = 0; step < 500; step++) {
      const caller = (['a', 'b', 'c', 'a', 'a'] as const)[step % 5] as 'a' | 'b' | 'c'
      if (queue.offer(caller, `${caller}${sent[caller]}`)) sent[caller]++
      if (step % 4 === 0) taken.push(...take(queue, 3))
    }
    taken.push(...take(queue, 100))
    for (const caller of ['a', 'b', 'c'] as const) {
      const own = taken.filter((item) => item.startsWith(caller))
      expect(own).toEqual(Array.from({ length: sent[caller] }, (_, i) => `${caller}${i}`))
    }
  })
})
