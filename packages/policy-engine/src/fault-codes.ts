/** What loading looks at, in this order. */
export type LoadGate = 'readable' | 'shape' | 'types' | 'profile' | 'cost'

interface Fault {
  readonly gate: LoadGate
  /** What is wrong, in one sentence. */
  readonly says: string
}

const readable = (says: string): Fault => ({ gate: 'readable', says })
const shape = (says: string): Fault => ({ gate: 'shape', says })
const types = (says: string): Fault => ({ gate: 'types', says })
const profile = (says: string): Fault => ({ gate: 'profile', says })
const cost = (says: string): Fault => ({ gate: 'cost', says })

const catalogue = <Code extends string>(faults: Readonly<Record<Code, Fault>>) => faults

/** Everything for which a policy does not load. Closed; codes are stable, messages are not. */
export const FAULTS = catalogue({
  'not-yaml': readable('The file is neither YAML 1.2 nor JSON.'),
  'file-empty': readable('The file holds nothing.'),
  'file-too-large': readable('The file is larger than 1 MiB.'),
  'several-documents': readable('The file holds more than one YAML document.'),
  'directive-refused': readable('YAML directives are not allowed.'),
  'tag-refused': readable('YAML tags are not allowed.'),
  'kind-refused': readable('A value is of a kind that JSON does not have.'),
  'too-many-values': readable('Values, aliases expanded, are more than 20,000.'),
  'too-many-aliases': readable('Aliases are more than 100.'),
  'alias-unknown': readable('An alias has no anchor before it.'),
  'nested-too-deep': readable('Values nest deeper than 32 levels.'),
  'key-repeated': readable('A key stands twice in one object.'),
  'key-refused': readable('A key is not a plain text, or a forbidden one.'),
  'number-refused': readable('A number is not one that JSON and a double keep exactly.'),
  'text-refused': readable('A text holds U+0000 or half of a surrogate pair.'),

  'unknown-key': shape('A key is not one of those a policy has there.'),
  'key-missing': shape('A key that must be there is not.'),
  'value-invalid': shape(
    'A value is not of the kind, length, range or list that is allowed there.',
  ),
  'name-invalid': shape('A name does not have the form names have there, or is reserved.'),
  'id-repeated': shape('An id or name stands twice in one list.'),
  'duration-invalid': shape('A duration is none, or nothing, or longer than a century.'),
  'param-invalid': shape('A parameter declares no range or enumeration that fits its type.'),
  'param-out-of-range': shape('The value of a parameter does not fit what it declares.'),
  'variant-param-out-of-range': shape('A variant sets a parameter to a value it may not have.'),
  'variant-param-unknown': shape('A variant sets a parameter that the policy does not have.'),
  'variants-need-control': shape('Not exactly one variant is without params.'),
  'path-unknown': shape('An escalation path is named that does not exist.'),
  'band-order': shape('Levels of the bands do not rise, or one stands twice.'),
  'veto-window': shape('A veto window is missing, out of range, or stands outside AL2.'),
  'limits-missing': shape('The band AL3 has no limits.'),
  'timezone-unsupported': shape('A limit counts in a time zone other than UTC.'),
  'test-action': shape('A test names no action of the policy.'),
  'test-variant': shape('A test names no variant of the policy.'),
  'request-too-deep': shape('The request nests deeper than 6 levels.'),
  'required-unknown': shape('A required field is not one of the properties.'),
  'bounds-crossed': shape('A lower bound is above its upper bound.'),
  'personal-in-list': shape('Items of a list are marked personal instead of the list.'),

  'syntax-error': types('An expression is not CEL.'),
  'unknown-field': types('An expression reads a field that is not declared.'),
  'unknown-name': types('An expression reads a name that is no variable.'),
  'not-bool': types('A condition does not yield bool.'),
  'wrong-type': types('An expression does not yield its declared type.'),
  'no-overload': types('An operator or function does not exist for the types it is given.'),
  'type-error': types('An expression fails the type check in another way.'),
  'derived-too-early': types('A derived value is read before it is computed.'),

  'matches-refused': profile('matches() is used, which can run for ever.'),
  'function-refused': profile('A function or method is used that policies do not have.'),
  'double-equality': profile('Doubles are compared with == or !=.'),
  'double-arithmetic': profile('Arithmetic is done on doubles.'),
  'inexact-comparison': profile('A computed int is compared with a double, which may round.'),
  'operator-refused': profile('An operator is used on types that policies do not use it on.'),
  'brackets-needed': profile('A comparison stands inside a comparison without brackets.'),
  'has-never-absent': profile('has() asks for a field that is never absent.'),
  'literal-needed': profile('A time, duration, zone or pattern is not a valid literal.'),
  'literal-refused': profile('A literal is of a type that policies do not have.'),
  'integer-too-large': profile('An integer literal does not fit 64 bits.'),
  'index-refused': profile('Something other than a list by int or a map by string is indexed.'),
  'macro-refused': profile('A macro runs over something other than a list, or hides a name.'),
  'macro-nesting': profile('Macros nest deeper than 2.'),
  'map-refused': profile('A map literal is empty or has keys that are not distinct texts.'),
  'minus-refused': profile('Minus stands before something other than a literal.'),
  'type-refused': profile('A value is of a type that policies do not have.'),
  'nesting-too-deep': profile('An expression nests deeper than 32, or has too many parts.'),
  'text-prefix': profile('A text has a prefix such as r or b.'),
  'comment-in-expression': profile('An expression holds a comment.'),
  'reserved-name': profile('An expression uses a name that is kept for the engine.'),
  'guardrail-reads-variant-param': profile('A guardrail reads a parameter that a variant changes.'),
  'guardrail-tests-feature': profile('A guardrail would pass where a feature is missing.'),
  'unchecked-expression': profile('The CEL library fails on an expression.'),

  'cost-exceeded': cost('An expression may cost more than 100,000 units.'),
  'action-cost-exceeded': cost('The expressions of an action may cost more than 1,000,000 units.'),
})

export type FaultCode = keyof typeof FAULTS
