import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { MerkleFrontier } from './index.ts'

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()

/** The Merkle tree hash as RFC 6962, section 2.1 defines it, over leaves that are hashes already. */
const rootOf = (leaves: readonly Buffer[]): Buffer => {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return leaves[0] as Buffer
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)))
}

const leaf = (text: string): Buffer => sha256(Buffer.of(0), Buffer.from(text))

it('has the root of RFC 6962 at every size from 0 to 70', () => {
  const frontier = new MerkleFrontier()
  const leaves: Buffer[] = []
  for (let size = 0; size <= 70; size++) {
    expect(frontier.size).toBe(size)
    expect(frontier.root().toString('hex')).toBe(rootOf(leaves).toString('hex'))
    const next = leaf(`entry ${size}`)
    leaves.push(next)
    frontier.push(next)
  }
})

it('has the roots that the tests of Certificate Transparency know', () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'].concat(
    '606162636465666768696a6b6c6d6e6f',
  )
  const roots = [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ]
  const frontier = new MerkleFrontier()
  inputs.forEach((input, i) => {
    frontier.push(sha256(Buffer.of(0), Buffer.from(input, 'hex')))
    expect(frontier.root().toString('hex')).toBe(roots[i])
  })
})

it('of nothing is the hash of nothing', () => {
  expect(new MerkleFrontier().root().toString('hex')).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
})

it('keeps its own copy of a leaf', () => {
  const bytes = leaf('a')
  const frontier = new MerkleFrontier()
  frontier.push(bytes)
  const before = frontier.root().toString('hex')
  bytes.fill(0)
  expect(frontier.root().toString('hex')).toBe(before)
})

/** The roots of the perfect subtrees that a size is made of, the largest first. */
const peaksOf = (leaves: readonly Buffer[]): Buffer[] => {
  if (leaves.length === 0) return []
  let largest = 1
  while (largest * 2 <= leaves.length) largest *= 2
  return [rootOf(leaves.slice(0, largest)), ...peaksOf(leaves.slice(largest))]
}

it('goes on from its peaks alone, at every size from 0 to 70', () => {
  const leaves = Array.from({ length: 71 }, (_, i) => leaf(`entry ${i}`))
  for (let size = 0; size <= 70; size++) {
    const known = leaves.slice(0, size)
    const frontier = MerkleFrontier.of(size, Buffer.concat(peaksOf(known)))
    expect([frontier.size, frontier.root()]).toEqual([size, rootOf(known)])
    frontier.push(leaves[size] as Buffer)
    expect(frontier.root()).toEqual(rootOf(leaves.slice(0, size + 1)))
  }
})

it('takes no peaks of another size', () => {
  const peak = leaf('a')
  const [one, two] = [peak, Buffer.concat([peak, peak])]
  expect(() => MerkleFrontier.of(3, one)).toThrow('32 bytes are no peaks of a tree of 3')
  expect(() => MerkleFrontier.of(2, two)).toThrow()
  expect(() => MerkleFrontier.of(0, one)).toThrow()
  // Beyond 32 bits, where three ranges of 64 Mi positions are far behind.
  expect(MerkleFrontier.of(2 ** 40 + 1, two).size).toBe(2 ** 40 + 1)
})
