import type { ReadyReport, UseCases } from '@writ/commands'
import { HINT_CHANNEL } from '@writ/event-log'
import { type SqlRunner, StoreUnavailable } from '@writ/kernel'
import type { Runtime } from './runtime.ts'

type Opened = Pick<Runtime, 'useCases' | 'keys' | 'database'>

const STARTING: ReadyReport = {
  ready: false,
  checks: { start: { ok: false, detail: 'starting: the database is not up yet' } },
}

/**
 * Lets the port open before the database is up: until `open` is called, `/health` answers, `/ready` says 503 starting,
 * and whoever shows a credential hears 503 that nothing was written. Fail closed: nothing is let past on a guess.
 */
export class StartGate {
  private runtime: Opened | undefined

  open(runtime: Opened): void {
    this.runtime = runtime
  }

  readonly useCases: UseCases = new Proxy({} as UseCases, {
    get: (_, name: keyof UseCases) => {
      if (this.runtime !== undefined) return this.runtime.useCases[name]
      return name === 'ready' ? async () => STARTING : notYet
    },
  })

  readonly readModels: SqlRunner = {
    query: (statement) =>
      this.runtime === undefined ? notYet() : this.runtime.database.query(statement),
  }

  readonly hints = (onHint: (payload: string) => void): Promise<() => Promise<void>> =>
    this.runtime === undefined ? notYet() : this.runtime.database.listen(HINT_CHANNEL, onHint)

  readonly authenticate: Runtime['keys']['authenticate'] = (token) =>
    this.runtime === undefined ? notYet() : this.runtime.keys.authenticate(token)
}

const notYet = async (): Promise<never> => {
  throw new StoreUnavailable('not-written', new Error('Writ is starting'))
}
