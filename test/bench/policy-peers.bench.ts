import { Problem } from '@writ/kernel'
import {
  type BoundRequest,
  bindRequest,
  type Decided,
  type DecideInput,
  decide,
  type LoadedPolicy,
  loadPolicy,
  trace,
} from '@writ/policy-engine'
import { median, note, ratioOf, report } from './support/figure.ts'
import {
  type BenchRequest,
  cedarPeer,
  jsonRulesPeer,
  type Peer,
  type PeerVerdict,
  zenPeer,
} from './support/policy-peers.ts'
import { benchRequests, rulesPolicy } from './support/rules-policy.ts'

const RULES = 100
const REQUESTS = 256
const ROUND_MS = 350
const ROUNDS = 7
/** How many calls of an engine that only answers later are under way. */
const IN_FLIGHT = 16

/**
 * The same policy of a hundred rules in other engines, each used as well as its documentation allows, in turn with ours
 * in one process. They do different work: ours answers with an autonomy level, voices and one value a rule, checks the
 * request against its schema and has integers; every engine here names all rules that fired. No budget: to know where
 * we stand. Ratios are ours ÷ theirs. Those that answer later may use more than one core; ours and Cedar use one.
 */
export const policyPeersBench = async (): Promise<void> => {
  const policy = loadPolicy(rulesPolicy(RULES))
  if (policy instanceof Problem) throw new Error(JSON.stringify(policy))
  const requests = benchRequests(REQUESTS)
  const ours = [decidedPeer(policy), tracedPeer(policy)]
  const theirs = [zenPeer(RULES), jsonRulesPeer(RULES), cedarPeer(RULES)]
  for (const peer of theirs) await refuseUnequal(ours[0] as Peer, peer, requests)
  note(`${REQUESTS} requests answered alike by ${theirs.map(({ name }) => name).join(', ')}`)
  const all = [...ours, ...theirs]
  const rates = new Map(all.map(({ name }) => [name, [] as number[]]))
  for (let round = -1; round < ROUNDS; round++) {
    for (const peer of round % 2 === 0 ? all : all.toReversed()) {
      const rate = await rateOf(peer, requests)
      if (round >= 0) rates.get(peer.name)?.push(rate)
    }
  }
  const of = (name: string): readonly number[] => rates.get(name) ?? []
  for (const { name } of theirs) {
    for (const { name: our } of ours)
      report({
        ...{ bench: 'policy-peers', figure: `${our} / ${name}`, unit: 'decisions/s', n: ROUNDS },
        ...ratioOf(of(our), of(name)),
      })
  }
  for (const { name } of theirs)
    report({
      ...{ bench: 'policy-peers', figure: name, unit: 'decisions/s', n: ROUNDS },
      value: median(of(name)),
    })
}

const inputOf = (request: BenchRequest): DecideInput => ({
  ...{ action: 'judge', variant: null, request, subject: { type: 'order', id: 'o-1' } },
  ...{ at: '2026-11-20T12:00:00.000Z', features: {}, ceilings: [] },
})

const decidedPeer = (policy: LoadedPolicy): Peer => ({
  name: 'writ-decided',
  call: (request) => decide(policy, inputOf(request)),
  verdict: (answer) => ourVerdict(answer as Decided),
})

const tracedPeer = (policy: LoadedPolicy): Peer => ({
  name: 'writ-traced',
  call: (request) => {
    const input = inputOf(request)
    const bound = bindRequest(policy, input.action, request) as BoundRequest
    trace(policy, { ...input, bound })
    return decide(policy, { ...input, bound })
  },
  verdict: (answer) => ourVerdict(answer as Decided),
})

const ourVerdict = ({ outcome, values }: Decided): PeerVerdict => ({
  outcome: outcome as PeerVerdict['outcome'],
  fired: Object.keys(values.rules)
    .filter((id) => values.rules[id] === true)
    .sort(),
})

/** A peer that is asked something else, or answers something else, would be no peer. */
const refuseUnequal = async (
  ours: Peer,
  peer: Peer,
  requests: readonly BenchRequest[],
): Promise<void> => {
  const seen = new Set<string>()
  for (const request of requests) {
    const expected = JSON.stringify(ours.verdict(ours.call(request)))
    const found = JSON.stringify(peer.verdict(await peer.call(request)))
    if (found !== expected)
      throw new Error(`${peer.name} says ${found} of ${JSON.stringify(request)}, not ${expected}`)
    seen.add(expected)
  }
  if (seen.size < 10) throw new Error('the requests do not tell the rules apart')
}

/** Calls that answer at once are made one after the other; the others the better of one by one and many at a time. */
const rateOf = async (peer: Peer, requests: readonly BenchRequest[]): Promise<number> => {
  const first = peer.call(requests[0] as BenchRequest)
  if (!(first instanceof Promise)) return atOnce(peer, requests)
  await first
  return Math.max(await later(peer, requests, 1), await later(peer, requests, IN_FLIGHT))
}

const atOnce = (peer: Peer, requests: readonly BenchRequest[]): number => {
  const started = performance.now()
  let calls = 0
  while (performance.now() - started < ROUND_MS)
    for (let i = 0; i < 16; i++) peer.call(requests[calls++ % REQUESTS] as BenchRequest)
  return calls / ((performance.now() - started) / 1000)
}

const later = async (
  peer: Peer,
  requests: readonly BenchRequest[],
  inFlight: number,
): Promise<number> => {
  const started = performance.now()
  let calls = 0
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() - started < ROUND_MS)
        await peer.call(requests[calls++ % REQUESTS] as BenchRequest)
    }),
  )
  return calls / ((performance.now() - started) / 1000)
}
