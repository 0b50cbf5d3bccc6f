import { isJsonObject, type JsonValue, pointerTo } from '@writ/kernel'
import { checkRequestSchema } from './check-request-schema.ts'
import { closest } from './closest-name.ts'
import { isoDurationMs } from './duration.ts'
import type { Faults } from './faults.ts'
import type {
  ActionDocument,
  BandDocument,
  ParamDocument,
  PolicyDocument,
} from './policy-document.ts'

const MINUTE_MS = 60_000
/** Shorter than a minute nobody can veto; longer than 72 h a decision is not yet one. */
const VETO_WINDOW_MS = { min: MINUTE_MS, max: 72 * 60 * MINUTE_MS }

/** What the schema cannot say. Each check runs only where the shape of what it reads was found clean. */
export const checkDocument = (document: PolicyDocument, faults: Faults): void => {
  const when = (needs: readonly string[], check: () => void): void => {
    if (faults.clean(...needs)) check()
  }
  when(['/params'], () => checkParams(document, faults))
  when(['/params', '/variants'], () => checkVariants(document, faults))
  when(['/escalation'], () => checkEscalation(document, faults))
  when(['/reward'], () => checkRewards(document, faults))
  for (const [name, action] of Object.entries(document.actions)) {
    const pointer = pointerTo('/actions', name)
    when([pointer], () => checkAction(pointer, action, faults))
    when([pointer, '/escalation'], () => checkPaths(pointer, action, document, faults))
  }
  when(['/tests', '/variants'], () => checkTests(document, faults))
}

const checkParams = ({ params = {} }: PolicyDocument, faults: Faults): void => {
  for (const [name, param] of Object.entries(params)) {
    const pointer = pointerTo('/params', name)
    const declaration = paramDeclarationFault(param)
    if (declaration) faults.add(pointer, 'param-invalid', declaration)
    const value = declaration ? null : paramValueFault(param, param.value)
    if (value) faults.add(pointer, 'param-out-of-range', value)
  }
}

const paramDeclarationFault = (param: ParamDocument): string | null => {
  const { type, min, max } = param
  if (type === 'int' || type === 'double') {
    if (param.enum) return `an ${type} has min and max, not enum`
    if (min === undefined || max === undefined) return `an ${type} needs min and max`
    if (type === 'int' && !(Number.isSafeInteger(min) && Number.isSafeInteger(max))) {
      return 'min and max of an int must be integers'
    }
    return min > max ? 'min is above max' : null
  }
  if (min !== undefined || max !== undefined) return `a ${type} has no min or max`
  return type !== 'bool' && !param.enum ? `a ${type} needs an enum` : null
}

/** Why a value does not fit a parameter; the same for the file's value and for a variant's. */
const paramValueFault = (param: ParamDocument, value: JsonValue | undefined): string | null => {
  const { type, min = -Infinity, max = Infinity } = param
  const members = param.enum ?? []
  switch (type) {
    case 'bool':
      return typeof value === 'boolean' ? null : 'the value must be true or false'
    case 'string':
      return members.includes(value as string) ? null : `must be one of ${members.join(', ')}`
    case 'list<string>': {
      const fits = Array.isArray(value) && value.every((each) => members.includes(each))
      return fits ? null : `must be a list of ${members.join(', ')}`
    }
    default: {
      const fits = type === 'int' ? Number.isSafeInteger(value) : typeof value === 'number'
      if (!fits) return `the value must be ${type === 'int' ? 'an integer' : 'a number'}`
      const number = value as number
      return number < min || number > max ? `${number} is outside ${min} to ${max}` : null
    }
  }
}

const checkVariants = ({ variants, params = {} }: PolicyDocument, faults: Faults): void => {
  if (!variants) return
  checkUnique(
    '/variants/list',
    variants.list.map(({ id }) => id),
    faults,
  )
  if (variants.list.filter((variant) => variant.params === undefined).length !== 1) {
    faults.add(
      '/variants/list',
      'variants-need-control',
      'exactly one variant has no params: the one others are compared with',
    )
  }
  for (const [i, { params: overlay = {} }] of variants.list.entries()) {
    for (const [name, value] of Object.entries(overlay)) {
      const pointer = pointerTo(`/variants/list/${i}/params`, name)
      const param = Object.hasOwn(params, name) ? params[name] : undefined
      const fault = param ? paramValueFault(param, value) : null
      if (fault) faults.add(pointer, 'variant-param-out-of-range', fault)
      if (param) continue
      const suggestion = closest(name, Object.keys(params))
      const message = 'is not a parameter of the policy'
      faults.add(pointer, 'variant-param-unknown', message, { suggestion })
    }
  }
}

const checkEscalation = ({ escalation }: PolicyDocument, faults: Faults): void => {
  for (const [name, stages] of Object.entries(escalation?.paths ?? {})) {
    for (const [i, { within }] of stages.entries()) {
      checkDuration(`${pointerTo('/escalation/paths', name)}/${i}/within`, within, faults)
    }
  }
}

const checkRewards = ({ reward = [] }: PolicyDocument, faults: Faults): void => {
  checkUnique(
    '/reward',
    reward.map(({ metric }) => metric),
    faults,
  )
  for (const [i, { window }] of reward.entries())
    checkDuration(`/reward/${i}/window`, window, faults)
}

const checkAction = (pointer: string, action: ActionDocument, faults: Faults): void => {
  const ids = (list: readonly { readonly id: string }[] = []) => list.map(({ id }) => id)
  checkUnique(`${pointer}/derive`, ids(action.derive), faults)
  checkUnique(`${pointer}/evidence`, ids(action.evidence), faults)
  checkUnique(`${pointer}/guardrails`, ids(action.guardrails), faults)
  checkUnique(`${pointer}/rules/list`, ids(action.rules.list), faults)
  for (const [i, { maxAge, values }] of (action.evidence ?? []).entries()) {
    checkDuration(`${pointer}/evidence/${i}/maxAge`, maxAge, faults)
    if (values && Object.hasOwn(values, 'at')) {
      faults.add(
        `${pointer}/evidence/${i}/values/at`,
        'name-invalid',
        "'at' is the time of signing",
      )
    }
  }
  checkBands(`${pointer}/autonomy/bands`, action.autonomy.bands, faults)
  checkRequestSchema(`${pointer}/request`, action.request, faults)
}

const checkBands = (pointer: string, bands: readonly BandDocument[], faults: Faults): void => {
  for (const [i, band] of bands.entries()) {
    const at = `${pointer}/${i}`
    const before = bands[i - 1]
    if (before && before.level >= band.level) {
      faults.add(
        `${at}/level`,
        'band-order',
        `${band.level} after ${before.level}: levels rise and stand once`,
      )
    }
    checkVetoWindow(at, band, faults)
    if (band.level === 'AL3' && !band.limits) faults.add(at, 'limits-missing', 'AL3 needs limits')
    if (band.limits?.timezone !== undefined && band.limits.timezone !== 'UTC') {
      faults.add(
        `${at}/limits/timezone`,
        'timezone-unsupported',
        'only UTC is supported in this version',
      )
    }
  }
}

const checkVetoWindow = (at: string, { level, vetoWindow }: BandDocument, faults: Faults): void => {
  if (level === 'AL2' && vetoWindow === undefined)
    faults.add(at, 'veto-window', 'AL2 needs vetoWindow')
  if (level !== 'AL2' && vetoWindow !== undefined) {
    faults.add(`${at}/vetoWindow`, 'veto-window', 'only AL2 has a veto window')
  }
  if (level !== 'AL2' || vetoWindow === undefined) return
  const ms = isoDurationMs(vetoWindow)
  if (ms === null || ms < VETO_WINDOW_MS.min || ms > VETO_WINDOW_MS.max) {
    faults.add(`${at}/vetoWindow`, 'veto-window', 'must be between PT1M and PT72H')
  }
}

const checkPaths = (
  pointer: string,
  action: ActionDocument,
  { escalation }: PolicyDocument,
  faults: Faults,
): void => {
  const known = escalation?.paths ?? {}
  const check = (at: string, { path }: { readonly path?: string }): void => {
    if (path !== undefined && !Object.hasOwn(known, path)) {
      const suggestion = closest(path, Object.keys(known))
      faults.add(`${at}/path`, 'path-unknown', `no escalation path is named '${path}'`, {
        suggestion,
      })
    }
  }
  check(`${pointer}/rules/default`, action.rules.default)
  for (const [i, rule] of action.rules.list.entries()) check(`${pointer}/rules/list/${i}`, rule)
  for (const [i, each] of (action.guardrails ?? []).entries()) {
    check(`${pointer}/guardrails/${i}`, each)
  }
  for (const [i, each] of (action.evidence ?? []).entries()) check(`${pointer}/evidence/${i}`, each)
}

const checkTests = ({ tests = [], actions, variants }: PolicyDocument, faults: Faults): void => {
  checkUnique(
    '/tests',
    tests.map(({ name }) => name),
    faults,
  )
  const names = Object.keys(actions)
  for (const [i, { action, variant }] of tests.entries()) {
    if (action === undefined && names.length > 1)
      faults.add(`/tests/${i}`, 'test-action', 'needs an action')
    if (action !== undefined && !names.includes(action)) {
      const suggestion = closest(action, names)
      const message = `the policy has no action '${action}'`
      faults.add(`/tests/${i}/action`, 'test-action', message, { suggestion })
    }
    if (variant !== undefined && !variants?.list.some(({ id }) => id === variant)) {
      faults.add(`/tests/${i}/variant`, 'test-variant', `the policy has no variant '${variant}'`)
    }
  }
}

const checkUnique = (pointer: string, ids: readonly string[], faults: Faults): void => {
  const seen = new Set<string>()
  for (const [i, id] of ids.entries()) {
    if (seen.has(id)) faults.add(`${pointer}/${i}`, 'id-repeated', `'${id}' is used twice`)
    seen.add(id)
  }
}

const checkDuration = (pointer: string, text: string, faults: Faults): void => {
  const ms = isoDurationMs(text)
  if (ms === null || ms === 0)
    faults.add(pointer, 'duration-invalid', 'must be a duration such as PT24H or P30D')
}

/** Whether the parts that every later check reads are there at all. */
export const hasActions = (document: JsonValue): boolean =>
  isJsonObject(document) && isJsonObject(document.actions)
