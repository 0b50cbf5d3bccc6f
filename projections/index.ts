import type { Projection } from '@writ/projector'

/** Every read model, in the order in which they are listed. */
export const PROJECTIONS: readonly Projection[] = []
