import { Problem } from '@writ/kernel'

/** What the user asked for was refused: that is the user's to read, not a defect. */
export const orThrow = <T>(result: T | Problem): T => {
  if (result instanceof Problem) throw result
  return result
}
