import { Environment } from '@marcbachmann/cel-js'
import { Problem } from '@writ/kernel'
import {
  type BoundRequest,
  bindRequest,
  type DecideInput,
  decide,
  loadPolicy,
  trace,
} from '@writ/policy-engine'
import { atLeast, latencies, note, ratioOf, report } from './support/figure.ts'
import { benchRequests, conditions, rulesPolicy } from './support/rules-policy.ts'

const RULES = 100
const REQUESTS = 256
const ROUND_MS = 700
const ROUNDS = 11

/** A whole decision over 100 rules against calling the 100 bare programs, in one thread and in turn. */
export const decideCoreBench = async (): Promise<void> => {
  const policy = loadPolicy(rulesPolicy(RULES))
  if (policy instanceof Problem) throw new Error(JSON.stringify(policy))
  const bare = bestBareLoop()
  const inputs = benchRequests(REQUESTS).map(
    (request): DecideInput => ({
      action: 'judge',
      variant: null,
      request,
      subject: { type: 'order', id: 'o-1' },
      at: '2026-11-20T12:00:00.000Z',
      features: {},
      ceilings: [],
    }),
  )
  figure('decided', 0.8, bare, (i) => decide(policy, inputs[i % REQUESTS] as DecideInput))
  // Binding is part of both figures; a traced decision binds once, as its caller does.
  figure('traced', 0.6, bare, (i) => {
    const input = inputs[i % REQUESTS] as DecideInput
    const bound = bindRequest(policy, input.action, input.request) as BoundRequest
    decide(policy, { ...input, bound })
    trace(policy, { ...input, bound })
  })
}

type Call = (i: number) => unknown

const figure = (name: string, budget: number, bare: Call, ours: Call): void => {
  const rates = { ours: [] as number[], bare: [] as number[] }
  for (let round = -2; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)
    for (const side of order) {
      const rate = run(side === 'ours' ? ours : bare)
      if (round >= 0) rates[side].push(rate)
    }
  }
  const ratio = ratioOf(rates.ours, rates.bare)
  const ms = latencies(Array.from({ length: 5_000 }, (_, i) => timed(() => ours(i))))
  report({
    bench: 'decide-core',
    figure: name,
    unit: 'decisions/s',
    n: ROUNDS,
    ms,
    ...ratio,
    ...atLeast(ratio.ratio, budget),
  })
}

const run = (call: Call): number => {
  const until = performance.now() + ROUND_MS
  const started = performance.now()
  let calls = 0
  while (performance.now() < until) {
    for (let i = 0; i < 50; i++) call(calls + i)
    calls += 50
  }
  return calls / ((performance.now() - started) / 1000)
}

const timed = (call: () => unknown): number => {
  const before = performance.now()
  call()
  return performance.now() - before
}

/** The programs as a user of cel-js would call them: integers bound as BigInt, the faster of typed objects and maps. */
const bestBareLoop = (): Call => {
  const loops = { maps: bareLoop(mapEnvironment()), objects: bareLoop(objectEnvironment()) }
  const rates = Object.entries(loops).map(([name, loop]) => {
    run(loop)
    return { name: name as keyof typeof loops, rate: run(loop) }
  })
  note(`bare loop: ${rates.map(({ name, rate }) => `${name} ${Math.round(rate)}/s`).join(', ')}`)
  const best = rates.sort((a, b) => b.rate - a.rate)[0] as { name: keyof typeof loops }
  return loops[best.name]
}

const bareLoop = (environment: Environment): Call => {
  const programs = conditions(RULES).map((condition) => environment.parse(condition))
  const params = { maxBp: 1_500n }
  const contexts = benchRequests(REQUESTS).map((request) => ({
    request: { ...request, discountBp: BigInt(request.discountBp), amount: BigInt(request.amount) },
    params,
  }))
  return (i) => {
    const context = contexts[i % REQUESTS] as object
    let fired = 0
    for (const program of programs) if (program(context as never) === true) fired++
    return fired
  }
}

const mapEnvironment = (): Environment =>
  new Environment().registerVariable('request', 'map').registerVariable('params', 'map')

const objectEnvironment = (): Environment =>
  new Environment()
    .registerVariable('request', {
      schema: { discountBp: 'int', amount: 'int', tier: 'string', newCustomer: 'bool' },
    })
    .registerVariable('params', { schema: { maxBp: 'int' } })
