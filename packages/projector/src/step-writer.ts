import type { SqlDatabase } from '@writ/kernel'
import { commitSteps } from './commit-steps.ts'
import type { Step, Unit } from './unit.ts'

/** Writes steps one after the other, each while the next is folded. At most one is on its way. */
export class StepWriter {
  private readonly database: SqlDatabase
  private writing: { readonly steps: readonly Step[]; readonly done: Promise<void> } | undefined

  constructor(database: SqlDatabase) {
    this.database = database
  }

  /** Begins to write what the units have folded, once the steps before are durable. @throws what failed of those */
  async write(units: readonly Unit[]): Promise<void> {
    await this.end()
    const steps = units.map((unit) => unit.seal())
    const done = commitSteps(this.database, steps)
    // Whoever waits for it hears what went wrong.
    done.catch(() => {})
    this.writing = { steps, done }
  }

  /** Waits until all is durable. @throws what failed */
  async end(): Promise<void> {
    const { writing } = this
    this.writing = undefined
    if (writing === undefined) return
    await writing.done
    for (const step of writing.steps) step.unit.settle(step)
  }
}
