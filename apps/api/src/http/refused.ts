import type { Problem } from '@writ/kernel'

/** Carries a problem through those places of Fastify that take only errors: body parsers and validators. */
export class Refused extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.code)
    this.name = 'Refused'
    this.problem = problem
  }
}
