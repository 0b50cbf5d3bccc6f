import { type SqlDatabase, type SqlRunner, type SqlStatement, StoreUnavailable } from '@writ/kernel'

/**
 * A real database whose connection fails once, at the first statement that matches: before the statement went out
 * (`not stored`), or after the server had carried it out (`reply lost`). The caller cannot tell the two apart.
 */
export class FaultyDatabase implements SqlDatabase {
  readonly kind: SqlDatabase['kind']
  readonly #behind: SqlDatabase
  #fault: { readonly at: string; readonly stored: boolean; skip: number } | undefined

  constructor(behind: SqlDatabase) {
    this.kind = behind.kind
    this.#behind = behind
  }

  /**
   * @param at part of the statement's text
   * @param skip how many such statements pass before
   */
  failOnce(at: string, stored: boolean, skip = 0): void {
    this.#fault = { at, stored, skip }
  }

  /** Whether the fault has happened: a test whose fault never struck proves nothing. */
  get struck(): boolean {
    return this.#fault === undefined
  }

  query<Row>(statement: SqlStatement): Promise<readonly Row[]> {
    return this.#strike(this.#behind, statement)
  }

  async #strike<Row>(behind: SqlRunner, statement: SqlStatement): Promise<readonly Row[]> {
    const fault = this.#fault
    if (fault === undefined || !statement.text.includes(fault.at) || fault.skip-- > 0) {
      return behind.query<Row>(statement)
    }
    this.#fault = undefined
    if (fault.stored) await behind.query<Row>(statement)
    throw new StoreUnavailable('unknown', new Error('the connection was lost'))
  }

  lane(): SqlRunner {
    const behind = this.#behind.lane()
    return { query: (statement) => this.#strike(behind, statement) }
  }

  transaction: SqlDatabase['transaction'] = (work) => this.#behind.transaction(work)
  notify: SqlDatabase['notify'] = (channel, payload) => this.#behind.notify(channel, payload)
  listen: SqlDatabase['listen'] = (channel, onHint) => this.#behind.listen(channel, onHint)
  close: SqlDatabase['close'] = () => this.#behind.close()
}
