import { Type } from '@sinclair/typebox'
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from './limits.ts'

export const After = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Return what stands after this position: the `next` of the page before. Default 0.',
  examples: [0],
})

export const Limit = Type.Integer({
  minimum: 1,
  maximum: PAGE_SIZE_MAX,
  description: `Most entries to return. Default ${PAGE_SIZE_DEFAULT}.`,
  examples: [PAGE_SIZE_DEFAULT],
})
