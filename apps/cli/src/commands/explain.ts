import { Problem } from '@writ/kernel'
import { AUDIENCES } from '@writ/policy-engine'
import { CommandFailed, EXIT } from '../exit-codes.ts'
import { type OutputOptions, print, printJson } from '../output.ts'
import { operatorContext, withRuntime } from '../setup/with-runtime.ts'
import { type DecisionExplanation, explanationPage } from './explanation-page.ts'

export interface ExplainOptions extends OutputOptions {
  readonly audience: string
}

/** Explains one decision to one audience. Exit 1: there is no such decision, or the audience needs another key. */
export const explain = (id: string, { audience, json }: ExplainOptions): Promise<void> =>
  withRuntime(async (runtime) => {
    const reader = AUDIENCES.find((one) => one === audience)
    if (reader === undefined) {
      throw new CommandFailed(EXIT.usage, `--audience is one of ${AUDIENCES.join(', ')}.`)
    }
    const { caller } = await operatorContext(runtime)
    const why = await runtime.useCases.explainDecision(caller, id.toLowerCase(), reader)
    if (why instanceof Problem) throw why
    if (json) return printJson(why)
    print(explanationPage(why as unknown as DecisionExplanation))
  })
