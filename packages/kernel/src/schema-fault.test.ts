import { expect, it } from 'vitest'
import { faultPointer } from './index.ts'

it.each([
  ['a missing property', { missingProperty: 'margin' }, '/data/margin'],
  ['an unknown property', { additionalProperty: 'a/b~c' }, '/data/a~1b~0c'],
  ['an unevaluated property', { unevaluatedProperty: 'x' }, '/data/x'],
  ['a property without a name', { missingProperty: '' }, '/data/'],
  ['anything else', { limit: 3 }, '/data'],
])('%s lies at its own pointer', (_, params, pointer) => {
  expect(faultPointer({ instancePath: '/data', params })).toBe(pointer)
})
