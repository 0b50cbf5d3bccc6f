/** How a command ends. Source: DESIGN §8. */
export const EXIT = {
  ok: 0,
  checkFailed: 1,
  usage: 2,
  couldNotJudge: 3,
  integrityBroken: 4,
  regression: 5,
} as const

/** Ends a command with a message for people and a code for machines. */
export class CommandFailed extends Error {
  readonly exitCode: number
  constructor(exitCode: number, message: string) {
    super(message)
    this.name = 'CommandFailed'
    this.exitCode = exitCode
  }
}
