/**
 * A bounded queue that is fair among callers: it hands out one item a caller in turn, so a caller with a thousand
 * waiting items delays another by one round, not by a thousand.
 */
export class FairQueue<T> {
  private readonly lanes = new Map<string, T[]>()
  private readonly capacity: number
  private count = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    return this.count
  }

  /** False when the queue is full; the item was not taken. */
  offer(caller: string, item: T): boolean {
    if (this.count >= this.capacity) return false
    const lane = this.lanes.get(caller)
    if (lane === undefined) this.lanes.set(caller, [item])
    else lane.push(item)
    this.count++
    return true
  }

  /**
   * Takes items in rounds over the callers until `accept` says stop or nothing is left. An item that `accept` passes
   * over ('leave') stays where it is; its caller's later items wait behind it, so each caller's order is kept.
   */
  take(accept: (item: T) => 'take' | 'leave' | 'stop'): T[] {
    const taken: T[] = []
    let open = [...this.lanes.keys()]
    const heads = new Map<string, number>()
    let stopped = false
    while (open.length > 0 && !stopped) {
      const next: string[] = []
      for (const caller of open) {
        const lane = this.lanes.get(caller) as T[]
        const head = heads.get(caller) ?? 0
        const verdict = accept(lane[head] as T)
        if (verdict === 'stop') {
          stopped = true
          break
        }
        if (verdict === 'leave') continue
        taken.push(lane[head] as T)
        heads.set(caller, head + 1)
        if (head + 1 < lane.length) next.push(caller)
      }
      open = next
    }
    this.forget(heads)
    return taken
  }

  /** Drops what was taken; a caller served goes behind those who were not, so a cut round is not always cut at the same. */
  private forget(heads: ReadonlyMap<string, number>): void {
    for (const [caller, head] of heads) {
      const lane = this.lanes.get(caller) as T[]
      this.count -= head
      this.lanes.delete(caller)
      if (head < lane.length) this.lanes.set(caller, lane.slice(head))
    }
  }
}
