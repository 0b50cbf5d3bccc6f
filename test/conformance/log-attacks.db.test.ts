import { beforeAll, expect, it } from 'vitest'
import { describeOnBothDatabases, type TestDatabase } from '../support/test-databases.ts'
import { alter, attack, cutTail, rechain, rewrite } from './support/attacker.ts'
import { codesOf, item, openTestLog, orders, type TestLog } from './support/test-log.ts'

describeOnBothDatabases('attacks that leave a whole chain', (open) => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await open()
  })
  const sixEntries = async (): Promise<TestLog> => {
    const log = await openTestLog(opened.database)
    await log.append(orders(5))
    return log
  }
  const headSet = (log: TestLog, set: string): Promise<void> =>
    attack(opened.owner, log, async ({ tx, no }) => {
      await tx.query({ text: `update log.heads set ${set} where ledger_no = ${no}` })
    })

  it('23: a cut tail is found by an anchor alone; without one the verdict says how little is anchored', async () => {
    const log = await sixEntries()
    const [early, late] = [await log.anchor(), { ...(await log.anchor()), time: 'later' }]
    expect(await log.verify([early])).toMatchObject({ findingCount: 0, anchoredTo: 6 })
    await attack(opened.owner, log, (target) => cutTail(target, 4))
    expect(await log.verify()).toMatchObject({ entries: 4, findingCount: 0, anchoredTo: 0 })
    expect(codesOf(await log.verify([early, late]))).toEqual([
      'SIZE_REGRESSION 4',
      'SIZE_REGRESSION 4',
    ])
  })

  it('23: a cut tail that was written over is found by an anchor', async () => {
    const log = await sixEntries()
    const anchor = await log.anchor()
    await attack(opened.owner, log, (target) => cutTail(target, 4))
    await log.append(orders(5))
    expect(codesOf(await log.verify())).toEqual([])
    expect(codesOf(await log.verify([anchor]))).toEqual(['ROOT_MISMATCH 6'])
  })

  it('22: a chain computed anew by the attacker is found by an anchor, and by nothing else', async () => {
    const log = await sixEntries()
    const anchor = await log.anchor()
    await attack(opened.owner, log, async (target) => {
      await rewrite(target, 3, ['"no":2', '"no":8'])
      await rechain(target, 3)
    })
    expect(await log.verify()).toMatchObject({ entries: 6, findingCount: 0, anchoredTo: 0 })
    expect(codesOf(await log.verify([anchor]))).toEqual(['ROOT_MISMATCH 6'])
    expect((await log.append([item()])).status).toBe('appended')
  })

  it('22: an anchor from before the altered entry still holds, and says how far', async () => {
    const log = await openTestLog(opened.database)
    await log.append(orders(1))
    const before = await log.anchor()
    await log.append(orders(4))
    const after = await log.anchor()
    await attack(opened.owner, log, async (target) => {
      await rewrite(target, 5, ['"no":3', '"no":8'])
      await rechain(target, 5)
    })
    const verified = await log.verify([after, before])
    expect(codesOf(verified)).toEqual(['ROOT_MISMATCH 6'])
    expect(verified.anchoredTo).toBe(2)
  })

  it('22: an anchor at a size that the walk steps over is a finding, and later anchors are still judged', async () => {
    const log = await sixEntries()
    const anchors = [4, 5, 6].map((size) => ({ origin: 'o', size, root: '00', time: 't' }))
    await attack(opened.owner, log, async ({ tx, no }) => {
      await tx.query({ text: `delete from log.entries where ledger_no = ${no} and position = 4` })
    })
    const codes = codesOf(await log.verify(anchors)).filter((code) => code.startsWith('ROOT'))
    expect(codes).toEqual(['ROOT_MISMATCH 4', 'ROOT_MISMATCH 5', 'ROOT_MISMATCH 6'])
  })

  const rewritings: Readonly<Record<string, readonly [string, string]>> = {
    'white space': ['"cents":', '"cents": '],
    'another order of keys': ['"a":1,"cents":5', '"cents":5,"a":1'],
    'a key twice': ['"cents":5', '"cents":5,"cents":5'],
    'another form of a number': ['"cents":5', '"cents":5.0'],
    'another escape': ['"note":"n"', '"note":"\\u006e"'],
  }
  for (const [name, change] of Object.entries(rewritings)) {
    it(`22: ${name}, with all hashes made to fit, is no canonical text`, async () => {
      const log = await openTestLog(opened.database)
      await log.append([item({ data: { a: 1, cents: 5, note: 'n' } }), item()])
      await attack(opened.owner, log, async (target) => {
        await rewrite(target, 2, change)
        await rechain(target, 2)
      })
      expect(codesOf(await log.verify())).toEqual(['NOT_CANONICAL 2'])
    })
  }

  it('22: an entry that belongs to another ledger is found, although its chain is whole', async () => {
    const log = await openTestLog(opened.database)
    await log.append([item()])
    await attack(opened.owner, log, async (target) => {
      await rewrite(target, 2, [`"ledger":"${log.ledger}"`, '"ledger":"acme/other"'])
      await rechain(target, 2)
    })
    expect(codesOf(await log.verify())).toEqual(['SCHEMA 2'])
  })

  const heads: Readonly<Record<string, { set: string; findings: string[]; refusal: string }>> = {
    hash: { set: `hash = sha256('')`, findings: ['HEAD_MISMATCH 6'], refusal: 'XX001' },
    'position, forward': {
      set: 'position = 7',
      findings: ['HEAD_MISMATCH 7'],
      refusal: 'XX001',
    },
    // Position 5 and its hash are those of a true entry; the unique index is what stops the next append.
    'position and hash, back to a true entry': {
      set: `position = 5, hash = (select e.hash from log.entries e
        where e.ledger_no = heads.ledger_no and e.position = 5)`,
      findings: ['HEAD_MISMATCH 5'],
      refusal: '23505',
    },
  }
  for (const [name, { set, findings, refusal }] of Object.entries(heads)) {
    it(`24: the head row altered alone (${name}): found, and the next append refuses`, async () => {
      const log = await sixEntries()
      await headSet(log, set)
      expect(codesOf(await log.verify())).toEqual(findings)
      await expect(log.append([item()])).rejects.toMatchObject({ code: refusal })
      const entries = await log.reader.page(log.ledger, 0, 100)
      expect(entries).toHaveLength(6)
    })
  }

  it('24: the head row deleted: found, and the next append refuses', async () => {
    const log = await sixEntries()
    await attack(opened.owner, log, async ({ tx, no }) => {
      await tx.query({ text: `delete from log.heads where ledger_no = ${no}` })
    })
    expect(codesOf(await log.verify())).toEqual(['HEAD_MISMATCH 6'])
    await expect(log.append([item()])).rejects.toMatchObject({ code: 'XX001' })
  })

  it('verifies a ledger that grows meanwhile without a false finding', async () => {
    const log = await openTestLog(opened.database)
    let done = false
    const appending = (async () => {
      while (!done) await log.append(orders(5))
    })()
    for (let round = 0; round < 20; round++) expect(codesOf(await log.verify())).toEqual([])
    done = true
    await appending
    expect((await log.verify()).entries).toBeGreaterThan(6)
  })

  it('names no more findings than it can hold, and counts all', async () => {
    const log = await sixEntries()
    await attack(opened.owner, log, (target) => alter(target, 1, `entry = '{}'`))
    const verified = await log.verify()
    expect(verified.findings[0]).toMatchObject({ code: 'ENTRY_HASH', position: 1 })
    expect(verified.findingCount).toBe(verified.findings.length)
  })
})
