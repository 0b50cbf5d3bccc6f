/**
 * Every way in which Writ refuses a command. One line a code: what stopped the caller and what to do next.
 * The HTTP status of a code is decided in apps/api alone; docs/reference/problems.md is compared with this list both ways.
 */
export const PROBLEM_CODES = {
  'action-disabled':
    'The action is switched off for this domain. Ask an operator to set its flag to on.',
  'already-voted': 'You have voted in this review. A vote stays as it is.',
  'approval-needed':
    'More people have to approve first. Vote in the named review, then activate again.',
  'attachment-too-large':
    'A single value is larger than the attachment limit. Store it elsewhere and send its digest.',
  'body-too-large':
    'The request body is over the limit. Send less, or split it into several requests.',
  'ceiling-unchanged': 'The ceiling is this already. Nothing needs to be done.',
  'content-type-unsupported': 'Send application/json or one of the CloudEvents content types.',
  'correlation-id-invalid': 'Send x-correlation-id as a UUID, or leave it out.',
  'cursor-invalid': 'The cursor was not issued by this server. Start again without it.',
  'decision-not-found': 'No such decision in this ledger. Check the id.',
  'decisions-halted': 'The kill switch halts decisions. Repeat when an operator has released it.',
  'drift-alarm-not-found': 'No such drift alarm in this ledger. Check the id.',
  'drift-alarm-not-open': 'The drift alarm was cleared before. Nothing needs to be done.',
  'event-id-reused':
    'An event with this id and another content exists. Use a new id for new content.',
  'event-not-found': 'No such event in this ledger. Check the id.',
  'event-too-large': 'The event is over the size limit. Send less data.',
  'event-type-exists':
    'This version of the event type is registered with another schema. Register the next version.',
  'event-type-schema-invalid':
    'The JSON Schema of the event type cannot be used. Mend the named place.',
  'event-type-unregistered': 'Register the event type and version before sending it.',
  forbidden: 'The credential lacks the scope that this route needs. Use another key.',
  'headers-too-large': 'The request headers are over the limit. Send fewer or shorter headers.',
  'http-malformed': 'The request line, a header or the URL cannot be read. Mend the client.',
  'idempotency-key-invalid': 'Send 1 to 255 printable ASCII characters as Idempotency-Key.',
  'idempotency-key-required':
    'This route needs an Idempotency-Key header. Send one and repeat it on every retry.',
  'idempotency-key-reused':
    'This key was used for another request. Use a new key for a new request.',
  internal:
    'Something failed inside Writ. Repeat with the same Idempotency-Key; quote the errorId when you report it.',
  'ledger-not-found': 'No such ledger. Check its name.',
  'malformed-json': 'The body is not JSON that Writ accepts. Mend the named place.',
  'method-not-allowed': 'The route exists with another method. See the Allow header.',
  'not-found': 'No such route. See /docs.',
  'outcome-conflict':
    'The outcome was revised by somebody else. Read it again and send the next revision.',
  'outcome-not-found': 'No outcome of this metric was recorded. Record it first.',
  'outcome-time-invalid':
    'The time of the outcome lies in the future. Check the clock of the sender.',
  overloaded: 'The write queue is full. Repeat after the stated seconds.',
  'person-required': 'Only people may do this. Use a key that was issued to a person.',
  'policies-frozen': 'The kill switch freezes policies. Repeat when an operator has released it.',
  'policy-activation-frozen':
    'Activation is frozen by the kill switch. Repeat when an operator has released it.',
  'policy-exists':
    'This version is published with another content. Publish under the next version.',
  'policy-invalid': 'The policy fails its checks. Mend the named places.',
  'policy-not-found': 'No such policy version. Check the reference.',
  'policy-not-ready':
    'The policy fails checks that it needs to be activated. Mend the named gates and publish the next version.',
  'policy-reference-invalid': 'Write a policy reference as name@version or name@version.VARIANT.',
  'policy-revoked': 'This version was revoked. Publish and activate another one.',
  'policy-tests-failed': 'Golden tests inside the policy fail. Mend the policy or its tests.',
  'policy-unreadable': 'The policy is not readable YAML or JSON. Mend the named line.',
  'positions-detached':
    'What was asked for lies in a part of the log that was put away. Ask who keeps the archive.',
  'read-model-behind':
    'The read model has not reached the position asked for. Repeat after the stated seconds.',
  'release-needs-second-person':
    'Stopping takes one person, releasing takes two. Ask a second person to confirm.',
  'request-invalid': 'The request does not fit its schema. Mend the named fields.',
  'request-timeout': 'The request did not arrive in time. Send it again.',
  'reserved-stream': 'This stream category belongs to Writ. Use a category of your own.',
  'review-content-changed':
    'What is asked is not what the vote names. Read the review again, then vote.',
  'review-not-found': 'No such review in this ledger. Check the id.',
  'review-not-open': 'The review has ended. Read it to see how.',
  'review-overdue': 'The time to vote is up. Ask again.',
  'revision-conflict':
    'Somebody else appended to the stream first. Read it again and decide again.',
  'role-missing': 'Your key holds none of the roles that are asked. Ask somebody who has one.',
  'self-activation-forbidden':
    'A second person activates what the first has published. Ask a colleague.',
  'self-approval-forbidden': 'Who asked for it, or wrote it, may not approve it. Ask a colleague.',
  'shadow-not-found': 'No such shadow run in this ledger. Check the id.',
  'shadow-refused': 'The shadow run cannot be started. The reason says what stands in its way.',
  'stale-control': 'A control changed while the command ran, repeatedly. Repeat the request.',
  'stale-key':
    'The key of this subject was destroyed. Nothing more can be sealed for the erased subject under it.',
  'store-unavailable': 'The database did not answer. Repeat with the same Idempotency-Key.',
  'too-many-attempts':
    'Too many wrong keys came from this address. Wait the stated seconds, then send a valid key.',
  'too-many-feeds': 'Too many feeds are open. Close one, or come back after the stated seconds.',
  unauthorized: 'Send a valid API key as Authorization: Bearer.',
  'unknown-action': 'The active policy of the domain has no such action. Check the action.',
} as const satisfies Record<string, string>

export type ProblemCode = keyof typeof PROBLEM_CODES
