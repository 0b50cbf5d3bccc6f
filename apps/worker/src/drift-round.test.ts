import { Problem } from '@writ/kernel'
import { expect, it } from 'vitest'
import { driftRound, type RaisedAlarm } from './drift-round.ts'

it('a round checks every domain, tells each alarm, and goes on where one cannot be checked', async () => {
  const domains = ['calm', 'broken', 'refused', 'shifted'].map((domain) => ({
    ...{ ledger: 'acme/main', domain },
  }))
  const [checked, told, faults]: [string[], RaisedAlarm[], unknown[]] = [[], [], []]
  const refusal = new Problem('stale-control', 'A control moved.')
  const alarm = { ledger: 'acme/main', domain: 'shifted', alarmId: 'a-1', loweredTo: 'AL2' }
  await driftRound({
    domains: async () => domains,
    check: async (_, domain) => {
      checked.push(domain)
      if (domain === 'broken') throw new Error('no such table')
      if (domain === 'refused') return refusal
      return domain === 'shifted' ? alarm : null
    },
    onAlarm: (raised) => told.push(raised),
    onFault: (fault) => faults.push(fault),
  })
  expect(checked).toEqual(domains.map(({ domain }) => domain))
  expect(told).toEqual([alarm])
  expect(faults).toEqual([new Error('no such table'), refusal])
})
