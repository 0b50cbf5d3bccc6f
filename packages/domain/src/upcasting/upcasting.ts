import type { JsonObject } from '@writ/kernel'

/** One step of an event's data from the schema that an older release wrote to the next. */
export interface Upcaster {
  readonly type: string
  /** The schema that it reads; it makes `from + 1`. */
  readonly from: number
  /** Pure; gives new data and leaves the old as it is. Values that lie sealed or attached may be absent. */
  readonly up: (data: JsonObject) => JsonObject
}

/** What of an entry decides which shape its data has. */
export interface Versioned {
  readonly type: string
  readonly schema: number
  readonly stream: string
  readonly data: JsonObject
}

export interface Upcasting {
  /** The schema under which a type is written today. */
  newestSchema(type: string): number
  /**
   * The entry with its data in today's shape; the very same object where nothing changes. What is stored stays: this is
   * for whoever reads.
   *
   * @throws SchemaFromTheFuture  a newer release wrote it; folding a guess could let pass what that release forbids
   */
  upcast<E extends Versioned>(entry: E): E
}

/** An event of Writ's own in a shape that this release does not know. */
export class SchemaFromTheFuture extends Error {
  readonly type: string
  readonly schema: number
  readonly known: number

  constructor(type: string, schema: number, known: number) {
    super(
      `${type} has schema ${schema}, and this release reads it up to ${known}: run the release of Writ that wrote it, or a newer one`,
    )
    this.name = 'SchemaFromTheFuture'
    this.type = type
    this.schema = schema
    this.known = known
  }
}

interface Chain {
  /** How a stream of ours begins: a producer may name a type of its own like one of ours. */
  readonly streams: string
  readonly newest: number
  /** Step `i` reads schema `i + 1`. */
  readonly steps: readonly Upcaster['up'][]
}

/**
 * Puts the steps of each type in a row.
 *
 * @param categories Writ's own types, each with the category of its streams
 * @throws where two steps read one schema, one is missing between, or a type is not ours: found at load, not at a read
 */
export const upcasting = (
  categories: Readonly<Record<string, string>>,
  upcasters: readonly Upcaster[],
): Upcasting => {
  for (const { type } of upcasters) {
    if (!Object.hasOwn(categories, type)) throw new Error(`${type} is no event of Writ's own`)
  }
  const chains = new Map<string, Chain>()
  for (const [type, category] of Object.entries(categories)) {
    const steps = stepsOf(
      type,
      upcasters.filter((one) => one.type === type),
    )
    chains.set(type, { streams: `${category}:`, newest: steps.length + 1, steps })
  }
  return {
    newestSchema: (type) => chains.get(type)?.newest ?? 1,
    upcast: (entry) => {
      const chain = chains.get(entry.type)
      if (chain === undefined || entry.schema === chain.newest) return entry
      return entry.stream.startsWith(chain.streams) ? through(chain, entry) : entry
    },
  }
}

const stepsOf = (type: string, upcasters: readonly Upcaster[]): readonly Upcaster['up'][] =>
  [...upcasters]
    .sort((a, b) => a.from - b.from)
    .map(({ from, up }, i) => {
      if (from !== i + 1)
        throw new Error(`${type} needs one upcaster from schema ${i + 1}; the next reads ${from}`)
      return up
    })

const through = <E extends Versioned>({ newest, steps }: Chain, entry: E): E => {
  if (entry.schema > newest) throw new SchemaFromTheFuture(entry.type, entry.schema, newest)
  const data = steps.slice(entry.schema - 1).reduce((older, up) => up(older), entry.data)
  return { ...entry, schema: newest, data }
}
