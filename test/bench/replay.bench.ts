import { PageJudge, type ReplayPage } from '@writ/commands'
import type { DecisionInputs, EngineIdentity } from '@writ/domain'
import { canonicalJson, type JsonObject, Problem } from '@writ/kernel'
import { type DecideInput, decide, type LoadedPolicy, loadPolicy } from '@writ/policy-engine'
import { atLeast, note, ratioOf, report } from './support/figure.ts'
import { benchRequests, rulesPolicy } from './support/rules-policy.ts'

const RULES = 100
const REQUESTS = 256
const ROUND_MS = 700
const ROUNDS = 11
const BUDGET = 0.6

const AT = '2026-11-20T12:00:00.000Z'
const SUBJECT = { type: 'order', id: 'o-1' }
const ENGINE: EngineIdentity = {
  name: 'writ-policy-engine',
  version: '1.0.0',
  source: `sha256:${'0'.repeat(64)}`,
  tzdata: '2026a',
}

/**
 * Recorded decisions judged again in one thread, against deciding the same requests under the same policy. Ours is all
 * that a replay's thread does with a decision: the stored text is split and parsed, brought to today's shape, its
 * request bound, judged, the result held against the recorded bytes, and the tally of classes, rules, sums and matrix
 * kept. Reading the log, which another thread does, is in neither side.
 */
export const replayBench = async (): Promise<void> => {
  const text = rulesPolicy(RULES)
  const policy = loadPolicy(text)
  if (policy instanceof Problem) throw new Error(JSON.stringify(policy))
  const inputs = benchRequests(REQUESTS).map(
    (request): DecideInput => ({
      ...{ action: 'judge', variant: null, request, subject: SUBJECT, at: AT },
      ...{ features: {}, ceilings: [] },
    }),
  )
  const page = inputs.map((input, i) => itemOf(policy, input, i))
  const bytes = page.reduce((sum, item) => sum + item.text.length, 0) / REQUESTS
  note(`entries of ${Math.round(bytes)} bytes, ${REQUESTS} decisions a page`)
  const judge = new PageJudge({ engine: ENGINE })
  judge.learn(policy.digest, text)
  refuseDifferent(judge, page)
  const rates = { ours: [] as number[], theirs: [] as number[] }
  for (let round = -2; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? (['ours', 'theirs'] as const) : (['theirs', 'ours'] as const)
    for (const side of order) {
      const rate = run(
        side === 'ours'
          ? () => judge.judge(page)
          : () => {
              for (const input of inputs) decide(policy, input)
            },
      )
      if (round >= 0) rates[side].push(rate)
    }
  }
  const ratio = ratioOf(rates.ours, rates.theirs)
  report({
    ...{ bench: 'replay', figure: 'replay', unit: 'decisions/s', n: ROUNDS },
    ...ratio,
    ...atLeast(ratio.ratio, BUDGET),
  })
}

/** Whole rounds of the requests, so that both sides meet each of them as often. */
const run = (page: () => unknown): number => {
  const started = performance.now()
  let decisions = 0
  while (performance.now() - started < ROUND_MS) {
    page()
    decisions += REQUESTS
  }
  return decisions / ((performance.now() - started) / 1000)
}

/** Neither side may have it easier by finding nothing to compare. */
const refuseDifferent = (judge: PageJudge, page: ReplayPage): void => {
  const count = (items: ReplayPage, name: string): number => {
    const result = judge.judge(items)
    return 'tally' in result ? (result.tally.classes.get(name) ?? 0) : 0
  }
  const changed = page.map((item) => ({ ...item, text: item.text.replace('true', 'false') }))
  if (count(page, 'same') !== REQUESTS || count(changed, 'different') !== REQUESTS)
    throw new Error('the replay does not tell the same from the different')
}

/** An entry as the log stores a decision. */
const itemOf = (policy: LoadedPolicy, input: DecideInput, i: number): ReplayPage[number] => {
  const id = `01a1f92c-0f77-7000-8000-${String(i).padStart(12, '0')}`
  const inputs: DecisionInputs = {
    ...{ domain: 'bench', action: input.action, request: input.request, subject: SUBJECT, at: AT },
    control: { epoch: 0, counter: 3, systemCounter: 1, caps: [] },
    policy: { name: policy.name, version: policy.version, digest: policy.digest },
    variant: null,
  }
  const entry = {
    actor: { type: 'key', id: '01a1f92c-0f77-7000-8000-000000000000' },
    correlationId: id,
    data: { inputs, decided: decide(policy, input), engine: { ...ENGINE, ms: 0.123 } },
    ...{ id, ledger: 'bench/main', occurredAt: AT, position: i + 2, prev: 'a'.repeat(64) },
    ...{ recordedAt: AT, revision: 1, schema: 1, stream: `decision:${id}`, v: 1 },
    type: 'DecisionMade',
  }
  // Flat, as a text that came from the database is.
  const text = Buffer.from(canonicalJson(entry as unknown as JsonObject)).toString()
  return { position: i + 2, id, text }
}
