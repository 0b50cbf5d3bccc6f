import { expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { driftJob } from './drift-job.ts'

it('the job of drift does not exist where it is switched off', () => {
  const config = readConfig({ WRIT_DRIFT: 'off' })
  expect(driftJob({ config } as never, {} as never)).toBeUndefined()
})
