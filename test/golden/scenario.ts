import { readFileSync } from 'node:fs'
import {
  issueKey,
  localOperator,
  must,
  openLedgers,
  type Runtime,
  revokeKey,
  systemOperator,
} from '@writ/cli'
import {
  type CommandContext,
  type DecisionRequest,
  followShadow,
  shadowJob,
  shadowJudgesHere,
  shadowRun,
} from '@writ/commands'
import type { Database } from '@writ/database'
import { recordRestore } from '@writ/event-log'
import { Problem, timestampOf } from '@writ/kernel'
import { driftActs } from './drift-acts.ts'

/** One act that appends one entry, under the name of its fixture: `<Type>.<schema>`, a case behind it. */
export type Act = readonly [name: string, act: () => Promise<unknown>]

const POLICY = readFileSync(new URL('./refunds-1.0.0.yaml', import.meta.url), 'utf8')
const KEY_ACTOR = '019a4400-0000-7000-8000-00000000000a'
const PERSON_ACTOR = '019a4400-0000-7000-8000-00000000000b'
const CORRELATION = '019a4400-0000-7000-8000-00000000000c'
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const ORDER_TYPE = {
  type: 'object',
  additionalProperties: false,
  required: ['total'],
  properties: { total: { type: 'integer' } },
}

/**
 * Everything this release writes, by the commands that write it. New acts go to the end of their part; the names of
 * old ones stay, because a fixture is written once.
 */
export const scenario = (
  runtime: Runtime,
  owner: Database,
  clock: { advance(ms: number): void },
): readonly Act[] => {
  const person = contextOf(runtime, { type: 'person', id: PERSON_ACTOR })
  const made: string[] = []
  return [
    ['LedgerOpened.1', () => openLedgers(runtime)],
    ...policyActs(runtime, person),
    ...decisionActs(runtime, made),
    ...outcomeActs(runtime, made),
    ...controlActs(runtime, person, made),
    ...otherActs(runtime, made),
    ...reviewActs(runtime, clock, made),
    ...policyLifeActs(runtime, clock, person),
    ...driftActs(runtime, person),
    ['LedgerRestored.1', () => restored(runtime, owner)],
    [
      'DecisionMade.1.after-restore',
      () => decide(runtime, made, { request: { amount: 20, price: 100, frozen: false } }),
    ],
  ]
}

const contextOf = (
  { config }: Runtime,
  actor: CommandContext['caller']['actor'],
): CommandContext => ({
  caller: { ...localOperator(config), actor },
})

const policyActs = (runtime: Runtime, person: CommandContext): readonly Act[] => {
  const { useCases } = runtime
  const flag = { domain: 'service', action: 'refund', state: 'on' as const, reason: 'opened' }
  const operator = { caller: localOperator(runtime.config) }
  const noPolicy = { domain: 'returns', action: 'return', state: 'on' as const, reason: 'a trial' }
  return [
    ['PolicyVersionPublished.1', async () => must(await useCases.publishPolicy(operator, POLICY))],
    ['ActionFlagSet.1', async () => must(await useCases.setActionFlag(operator, flag))],
    [
      'ActionFlagSet.1.no-policy',
      async () => must(await useCases.setActionFlag(operator, noPolicy)),
    ],
    [
      'PolicyVersionActivated.2',
      async () => must(await useCases.activatePolicy(person, 'refunds', '1.0.0')),
    ],
  ]
}

type Asked = Partial<DecisionRequest> & Pick<DecisionRequest, 'request'>

const decide = async (
  runtime: Runtime,
  made: string[],
  asked: Asked,
  domain = 'service',
): Promise<void> => {
  const subject = { type: 'customer', id: 'c-42' }
  const context = {
    ...contextOf(runtime, { type: 'key', id: KEY_ACTOR }),
    ...(asked.correlationId === undefined ? {} : { traceparent: TRACE }),
  }
  const command = { action: 'refund', subject, ...asked }
  const { decision } = must(await runtime.useCases.makeDecision(context, domain, command))
  made.push(decision.id as string)
}

const decisionActs = (runtime: Runtime, made: string[]): readonly Act[] => {
  const act = (name: string, asked: Asked, domain?: string): Act => [
    `DecisionMade.1${name}`,
    () => decide(runtime, made, asked, domain),
  ]
  const [small, widest] = [
    { amount: 20, price: 100, frozen: false },
    { amount: 800, price: 900, frozen: false },
  ]
  return [
    act('', { request: small }),
    act('.approved-al2', { request: { ...small, amount: 150, price: 900 } }),
    act('.approved-al3', { request: widest }),
    // The one use a day of AL3 is spent.
    act('.limit-spent', { request: widest }),
    act('.escalated', { request: { ...small, amount: 2_000, price: 9_000 } }),
    act('.denied', { request: { ...small, amount: 150 } }),
    act('.blocked', { request: { ...small, frozen: true } }),
    act('.personal', { request: { ...small, note: 'Ada lost her job in spring' } }),
    act('.no-person', { request: small, subject: { type: 'invoice', id: 'i-7' } }),
    act('.traced', { request: small, correlationId: CORRELATION }),
    act('.no-policy', { request: { any: 'thing' }, action: 'return' }, 'returns'),
    [
      'ReviewOpened.1.nobody-named',
      () => decide(runtime, made, { request: { any: 'thing' }, action: 'return' }, 'returns'),
    ],
  ]
}

const outcomeActs = (runtime: Runtime, made: readonly string[]): readonly Act[] => {
  const context = contextOf(runtime, { type: 'key', id: KEY_ACTOR })
  const outcome = { metric: 'kept', values: { kept: true } }
  const record = async (body: Parameters<Runtime['useCases']['recordOutcome']>[2]) =>
    must(await runtime.useCases.recordOutcome(context, made[0] as string, body))
  return [
    ['OutcomeRecorded.1', () => record(outcome)],
    ['OutcomeRecorded.1.again', () => record({ ...outcome, values: { kept: false, refunds: 2 } })],
    ['OutcomeRecorded.1.retracted', () => record({ metric: 'kept', retract: true })],
  ]
}

const controlActs = (runtime: Runtime, person: CommandContext, made: string[]): readonly Act[] => {
  const { setKillSwitch } = runtime.useCases
  const set = async (command: Parameters<typeof setKillSwitch>[1]) =>
    must(await setKillSwitch(person, command))
  return [
    ['KillSwitchSet.1', () => set({ state: 'human-only', reason: 'an audit' })],
    [
      'DecisionMade.1.human-only',
      () => decide(runtime, made, { request: { amount: 20, price: 100, frozen: false } }),
    ],
    ['KillSwitchSet.1.off', () => set({ state: 'off', reason: 'the audit is over' })],
    [
      'KillSwitchSet.1.domain',
      () => set({ state: 'freeze-policies', scope: { domain: 'service' }, reason: 'year end' }),
    ],
    [
      'KillSwitchSet.1.action',
      () => set({ state: 'halt', scope: { domain: 'returns', action: 'return' }, reason: 'wrong' }),
    ],
  ]
}

const otherActs = (runtime: Runtime, made: readonly string[]): readonly Act[] => {
  const { useCases, config } = runtime
  const operator = { caller: localOperator(config) }
  const order = { type: 'OrderPlaced', schema: 1, document: ORDER_TYPE }
  const keys: string[] = []
  const issue = async (expiresAt?: number): Promise<void> => {
    const { tenant } = config
    const scopes = ['decisions:write', 'decisions:read'] as const
    const wanted = { tenant, name: 'checkout', kind: 'key' as const, scopes, actorId: KEY_ACTOR }
    const issued = await issueKey(runtime, {
      ...wanted,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    })
    keys.push(must(issued).key.keyId)
  }
  return [
    ['EventTypeRegistered.1', async () => must(await useCases.registerEventType(operator, order))],
    // The eighth decision holds a note about a person.
    [
      'PersonalDataOpened.1',
      async () => must(await useCases.eventById(operator.caller, made[7] as string)),
    ],
    ['KeyIssued.2', () => issue()],
    ['KeyIssued.2.expiring', () => issue(Date.parse('2999-01-01T00:00:00Z'))],
    ['KeyRevoked.1', async () => must(await revokeKey(runtime, config.tenant, keys[0] as string))],
  ]
}

const APPROVERS = ['b1', 'b2', 'b3'].map((end) => `019a4400-0000-7000-8000-0000000000${end}`)
const DAY_MS = 86_400_000

/** People with every role that the policies of the scenario name. */
const voters = (runtime: Runtime): readonly CommandContext[] =>
  APPROVERS.map((id) => {
    const { caller } = contextOf(runtime, { type: 'person', id })
    return { caller: { ...caller, roles: new Set(['service-lead', 'policy-approver']) } }
  })

const reviewActs = (
  runtime: Runtime,
  clock: { advance(ms: number): void },
  made: string[],
): readonly Act[] => {
  const { useCases } = runtime
  const asker = contextOf(runtime, { type: 'key', id: KEY_ACTOR })
  const opened: string[] = []
  const escalate = async (): Promise<void> => {
    await decide(runtime, made, { request: { amount: 2_000, price: 9_000, frozen: false } })
    opened.push(made.at(-1) as string)
  }
  const vote = async (
    who: number,
    review: number,
    verdict: 'approve' | 'decline',
    text?: string,
  ): Promise<void> => {
    const id = opened[review] as string
    const voter = voters(runtime)[who] as CommandContext
    const { digest } = must(await useCases.reviewById(voter.caller, id))
    const reason = { code: 'GOODWILL', ...(text === undefined ? {} : { text }) }
    must(await useCases.castVote(voter, id, { verdict, digest: String(digest), reason }))
  }
  const expire = async (review: number): Promise<unknown> => {
    clock.advance(4 * DAY_MS)
    return must(await useCases.expireReview(asker, opened[review] as string))
  }
  return [
    ['ReviewOpened.1', () => escalate()],
    ['VoteCast.1', () => vote(0, 0, 'approve')],
    ['ReviewOpened.1.again', () => escalate()],
    ['VoteCast.1.sealed', () => vote(0, 1, 'approve', 'Ada has been a customer for years')],
    ['DecisionMade.1.asked', () => escalate()],
    ['ReviewDeclined.1', () => vote(1, 2, 'decline')],
    ['DecisionMade.1.asked-again', () => escalate()],
    ['ReviewGranted.1', () => vote(2, 3, 'approve')],
    ['DecisionMade.1.withdrawn', () => escalate()],
    [
      'ReviewWithdrawn.1',
      async () =>
        must(await useCases.withdrawReview(asker, opened[4] as string, { reason: 'paid' })),
    ],
    ['DecisionMade.1.silent', () => escalate()],
    ['ReviewExpired.1', () => expire(5)],
    ...stageActs(runtime, clock, { escalate, opened, vote }),
    ...ceilingActs(runtime, opened, vote),
  ]
}

interface Reviewing {
  readonly escalate: () => Promise<void>
  readonly opened: string[]
  readonly vote: (who: number, review: number, verdict: 'approve' | 'decline') => Promise<void>
}

/** Another policy of the domain, whose matters go to the board when the lead is silent. */
const stageActs = (
  { useCases, config }: Runtime,
  clock: { advance(ms: number): void },
  { escalate, opened }: Reviewing,
): readonly Act[] => {
  const context = { caller: localOperator(config) }
  const staged = POLICY.replace('version: 1.0.0', 'version: 1.1.0')
    .replace('within: PT24H } ]', 'within: PT24H }, { roles: [policy-approver], within: PT48H } ]')
    .replace('onTimeout: deny', 'onTimeout: next')
  const thawed = { state: 'off' as const, scope: { domain: 'service' }, reason: 'a new year' }
  return [
    ['KillSwitchSet.1.thawed', async () => must(await useCases.setKillSwitch(context, thawed))],
    ['PolicyVersionValidated.1', async () => must(await useCases.publishPolicy(context, staged))],
    [
      'PolicyVersionActivated.2.staged',
      async () => must(await useCases.activatePolicy(context, 'refunds', '1.1.0')),
    ],
    ['ReviewOpened.1.staged', () => escalate()],
    [
      'ReviewAdvanced.1',
      async () => {
        clock.advance(DAY_MS)
        return must(await useCases.expireReview(context, opened.at(-1) as string))
      },
    ],
  ]
}

const ceilingActs = (
  runtime: Runtime,
  opened: string[],
  vote: Reviewing['vote'],
): readonly Act[] => {
  const { useCases } = runtime
  const person = contextOf(runtime, { type: 'person', id: PERSON_ACTOR })
  const set = (level: 'AL1' | 'AL3') =>
    useCases.setCeiling(person, { level, scope: { domain: 'service' }, reason: 'a first week' })
  return [
    ['CeilingSet.1', async () => must(await set('AL1'))],
    [
      'ReviewOpened.1.ceiling',
      async () => {
        const asked = await set('AL3')
        if (!(asked instanceof Problem)) throw new Error('raising a ceiling asks people')
        opened.push(...(asked.fields.reviews as string[]))
      },
    ],
    ['VoteCast.1.ceiling', () => vote(0, opened.length - 1, 'approve')],
    ['CeilingSet.1.raised', () => vote(1, opened.length - 1, 'approve')],
  ]
}

const policyLifeActs = (
  runtime: Runtime,
  clock: { advance(ms: number): void },
  person: CommandContext,
): readonly Act[] => {
  const { useCases, deps, config } = runtime
  const operator = { caller: localOperator(config) }
  return [
    [
      'PolicyVersionApproved.1',
      async () => {
        const at = timestampOf(deps.clock.now() + DAY_MS)
        must(await useCases.activatePolicy(person, 'refunds', '1.0.0', { at }))
      },
    ],
    [
      'PolicyVersionActivated.2.due',
      async () => {
        clock.advance(2 * DAY_MS)
        must(await useCases.activateDue(operator, 'refunds', '1.0.0'))
      },
    ],
    ...shadowActs(runtime, person),
    [
      'PolicyVersionRevoked.1',
      async () => {
        const wanted = { name: 'refunds', version: '1.1.0', reason: 'a wrong path' }
        must(await useCases.revokePolicy(person, wanted))
      },
    ],
  ]
}

/** The version that is about to be revoked tries the one that decides. */
const shadowActs = (runtime: Runtime, person: CommandContext): readonly Act[] => {
  const { useCases, deps } = runtime
  const made: string[] = []
  let id = ''
  return [
    [
      'ShadowRunStarted.1',
      async () => {
        const until = timestampOf(deps.clock.now() + DAY_MS)
        const { run } = must(
          await useCases.startShadow(person, { candidate: 'refunds@1.1.0', until }),
        )
        id = String(run.id)
      },
    ],
    [
      'DecisionMade.1.shadowed',
      () => decide(runtime, made, { request: { amount: 20, price: 100, frozen: false } }),
    ],
    [
      'ShadowEvaluated.1',
      async () => {
        const context = contextOf(runtime, { type: 'system', id: 'shadow' })
        const run = await shadowRun(deps, context.caller.ledger, id)
        if (run === undefined) throw new Error('the run was not started')
        const judges = shadowJudgesHere(await shadowJob(deps, context, run))
        must(await followShadow(deps)(context, run, { judges, after: 0 }))
      },
    ],
    [
      'ShadowRunEnded.1',
      async () => must(await useCases.stopShadow(person, id, { reason: 'seen enough' })),
    ],
  ]
}

const restored = ({ config, deps }: Runtime, owner: Database): Promise<unknown> =>
  recordRestore(owner, localOperator(config).ledger, {
    id: deps.newId(),
    actor: systemOperator().actor,
    at: timestampOf(deps.clock.now()),
  })
