import { Type } from '@sinclair/typebox'
import { closed } from './scalars.ts'

export const Health = closed(
  { ok: Type.Literal(true) },
  { title: 'Health', description: 'The process answers. Depends on nothing else.' },
)

export const Ready = closed(
  {
    ready: Type.Boolean(),
    checks: Type.Record(Type.String(), closed({ ok: Type.Boolean(), detail: Type.String() })),
  },
  { title: 'Ready', description: 'Whether requests can be served, and each check behind it.' },
)
