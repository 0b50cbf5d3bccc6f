import type {
  ActionFlagSet,
  CeilingSet,
  ControlScope,
  KillSwitchSet,
  PolicyVersionActivated,
  PolicyVersionRevoked,
} from '@writ/domain'
import type { FoldedEvent, Projection, Row, RowKey, Rows, TableSpec } from '@writ/projector'
import { textAt } from '../shared/cells.ts'

/** Who set it, when, why and where it stands in the log: the same columns beside every control. */
const PLACE = {
  set_by: 'text',
  set_by_type: 'text',
  set_at: 'timestamptz',
  position: 'int8',
} as const

/**
 * What is switched on and off, for people to look at: one row a switch, flag and active policy, and a row for every
 * change there ever was. Deciders never read these tables: they may lag, and a control that lags is none (DESIGN §2).
 * Scopes are `ledger`, `domain <domain>` and `action <domain> <action>`, as a text because a key has no nulls.
 */
const switches: TableSpec = {
  name: 'control_switches',
  columns: {
    scope: 'text',
    domain: 'text?',
    action: 'text?',
    state: 'text',
    reason: 'text',
    ...PLACE,
  },
  key: ['scope'],
}

const flags: TableSpec = {
  name: 'control_flags',
  columns: { domain: 'text', action: 'text', state: 'text', reason: 'text', ...PLACE },
  key: ['domain', 'action'],
}

const activePolicies: TableSpec = {
  name: 'control_active_policies',
  columns: {
    domain: 'text',
    name: 'text',
    policy_version: 'text',
    digest: 'text',
    published_by: 'text?',
    ...PLACE,
  },
  key: ['domain'],
}

/** Read backwards along its key, so it needs no index for "the newest first". */
const history: TableSpec = {
  name: 'control_history',
  columns: {
    type: 'text',
    scope: 'text?',
    domain: 'text?',
    action: 'text?',
    state: 'text?',
    reason: 'text?',
    policy: 'text?',
    policy_version: 'text?',
    digest: 'text?',
    ...PLACE,
  },
  key: ['position'],
  indexes: [['domain', 'position desc']],
}

export const controlsProjection: Projection = {
  name: 'controls',
  version: 2,
  purpose: 'Switches, flags and active policies as they stand, and every change of them',
  tables: [switches, flags, activePolicies, history],
  folds: {
    // Requested releases have no settled shape yet: the history tells that they were, by whom and why.
    control: ['KillSwitchSet', 'ActionFlagSet', 'CeilingSet', 'ControlReleaseRequested'],
    policy: ['PolicyVersionActivated', 'PolicyVersionRevoked'],
  },
  keys: (event): readonly RowKey[] =>
    event.type === 'PolicyVersionRevoked'
      ? [{ table: 'control_active_policies', key: [event.data.domain as string] }]
      : [],

  fold: (event, rows) => {
    const place = placeOf(event)
    const change: Change = {
      scope: null,
      domain: textAt(event.data, 'domain'),
      action: textAt(event.data, 'action'),
      state: textAt(event.data, 'state'),
      reason: textAt(event.data, 'reason'),
      policy: null,
      policy_version: null,
      digest: null,
      ...setControl(event, rows, place),
    }
    rows.put('control_history', { type: event.type, ...change, ...place })
  },
}

type Change = Pick<
  Row,
  'scope' | 'domain' | 'action' | 'state' | 'reason' | 'policy' | 'policy_version' | 'digest'
>

const placeOf = ({ actor, occurredAt, position }: FoldedEvent) => ({
  set_by: actor.id,
  set_by_type: actor.type,
  set_at: occurredAt,
  position,
})

/** Puts the control as it stands from now on, and says what of it the history shows. */
const setControl = (
  event: FoldedEvent,
  rows: Rows,
  place: ReturnType<typeof placeOf>,
): Partial<Change> => {
  switch (event.type) {
    case 'KillSwitchSet': {
      const { scope, state, reason } = event.data as unknown as KillSwitchSet['data']
      const where = { scope: scopeText(scope), ...placesOf(scope) }
      rows.put('control_switches', { ...where, state, reason, ...place })
      return { ...where }
    }
    case 'ActionFlagSet': {
      const { domain, action, state, reason } = event.data as unknown as ActionFlagSet['data']
      rows.put('control_flags', { domain, action, state, reason, ...place })
      return { scope: scopeText({ kind: 'action', domain, action }) }
    }
    case 'PolicyVersionActivated': {
      const { name, version, domain, digest, publishedBy } =
        event.data as unknown as PolicyVersionActivated['data']
      const policy = { policy_version: version, digest }
      rows.put('control_active_policies', {
        ...{ domain, name, ...policy },
        published_by: publishedBy ?? null,
        ...place,
      })
      return { scope: scopeText({ kind: 'domain', domain }), policy: name, ...policy }
    }
    case 'PolicyVersionRevoked': {
      const { name, version, domain, digest } =
        event.data as unknown as PolicyVersionRevoked['data']
      if (rows.get('control_active_policies', domain)?.digest === digest)
        rows.remove('control_active_policies', domain)
      return {
        ...{ scope: scopeText({ kind: 'domain', domain }), policy: name },
        ...{ policy_version: version, digest },
      }
    }
    case 'CeilingSet': {
      const { scope, level, source } = event.data as unknown as CeilingSet['data']
      return { scope: scopeText(scope), ...placesOf(scope), state: `${source} ${level}` }
    }
    default:
      return {}
  }
}

const scopeText = (scope: ControlScope): string => {
  switch (scope.kind) {
    case 'ledger':
      return 'ledger'
    case 'domain':
      return `domain ${scope.domain}`
    default:
      return `action ${scope.domain} ${scope.action}`
  }
}

const placesOf = (scope: ControlScope): Pick<Row, 'domain' | 'action'> => ({
  domain: scope.kind === 'ledger' ? null : scope.domain,
  action: scope.kind === 'action' ? scope.action : null,
})
