import { readFileSync } from 'node:fs'
import {
  BODY_BYTES_MAX,
  EVENTS_PER_REQUEST_MAX,
  HEADER_BYTES_MAX,
  IDEMPOTENCY_KEY_CHARS_MAX,
  PAGE_SIZE_DEFAULT,
  PAGE_SIZE_MAX,
  READ_PAGE_DEFAULT,
  READ_PAGE_MAX,
} from '@writ/contracts'
import { JSON_DEPTH_MAX, PROBLEM_CODES, type ProblemCode } from '@writ/kernel'
import { describe, expect, it } from 'vitest'
import { HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from './config.ts'
import { WRONG_KEYS_PER_MINUTE } from './door/wrong-keys.ts'
import { HEARTBEAT_MS, STALLED_MS } from './feed/event-feed.ts'
import { FEEDS_MAX, FEEDS_PER_TENANT_MAX } from './feed/open-feeds.ts'
import { MIN_POSITION_WAIT_MS } from './http/min-position.ts'
import { HTTP_STATUS } from './http-status.ts'
import { routesOf } from './testing/routes-of.ts'

const page = (name: string): string =>
  readFileSync(new URL(`../../../docs/reference/${name}`, import.meta.url), 'utf8')

/** Rows of the table under a header, their cells trimmed: the formatter aligns tables. */
const rowsUnder = (text: string, header: string): readonly string[] => {
  const lines = text.split('\n').map(trimmed)
  const from = lines.indexOf(header) + 2
  const length = lines.slice(from).findIndex((line) => !line.startsWith('|'))
  return lines.slice(from, from + length)
}

const trimmed = (line: string): string => line.replace(/ *\| */g, ' | ').trim()

describe('docs/reference/problems.md', () => {
  const rows = rowsUnder(page('problems.md'), '| code | status | what happened and what to do |')

  it('has each code with its status and its sentence, and no other', () => {
    const codes = Object.keys(PROBLEM_CODES) as ProblemCode[]
    expect(rows).toEqual(
      codes.map((code) => `| \`${code}\` | ${HTTP_STATUS[code]} | ${PROBLEM_CODES[code]} |`),
    )
  })

  it('lists the codes in order', () => {
    expect(rows).toEqual([...rows].sort())
  })

  it('has a status for each code and no other', () => {
    expect(Object.keys(HTTP_STATUS).sort()).toEqual(Object.keys(PROBLEM_CODES).sort())
  })
})

const KEY_RULES = {
  accepted: 'taken',
  required: 'required',
  'required-in-production': 'required in production',
} as const

describe('docs/reference/http.md', () => {
  const text = page('http.md')

  it('has each route with its scope and its rule for keys, and no other', async () => {
    const wanted = (await routesOf())
      .filter(({ method }) => method !== 'HEAD')
      .map(({ method, url, scope, idempotencyKey, summary }) => {
        const key = idempotencyKey === undefined ? '–' : KEY_RULES[idempotencyKey]
        return `| ${method} | \`${url}\` | ${scope} | ${key} | ${summary} |`
      })
    const rows = rowsUnder(text, '| method | route | scope | Idempotency-Key | does |')
    expect([...rows].sort()).toEqual(wanted.sort())
  })

  it('states the limits as they are', () => {
    const number = (value: number) => value.toLocaleString('en-US')
    expect(rowsUnder(text, '| what | limit |')).toEqual([
      `| body | ${BODY_BYTES_MAX / 1_048_576} MiB |`,
      `| headers | ${HEADER_BYTES_MAX / 1_024} KiB |`,
      `| nesting of JSON | ${JSON_DEPTH_MAX} |`,
      `| events in one request | ${number(EVENTS_PER_REQUEST_MAX)} |`,
      `| entries in one page | ${number(PAGE_SIZE_MAX)} (${PAGE_SIZE_DEFAULT} unless asked) |`,
      `| items in one page of a read model | ${READ_PAGE_MAX} (${READ_PAGE_DEFAULT} unless asked) |`,
      `| open feeds | ${FEEDS_PER_TENANT_MAX} a tenant, ${FEEDS_MAX} a process |`,
      `| a feed nobody reads | ended after ${STALLED_MS / 1_000} s; a comment every ${HEARTBEAT_MS / 1_000} s |`,
      `| wait for Writ-Min-Position | ${MIN_POSITION_WAIT_MS / 1_000} s |`,
      `| time for a request to arrive | ${REQUEST_TIMEOUT_MS / 1_000} s, its headers ${HEADERS_TIMEOUT_MS / 1_000} s |`,
      `| wrong keys from one address | ${WRONG_KEYS_PER_MINUTE} a minute, then 429; valid keys go on working |`,
    ])
    expect(text).toContain(`1 to ${IDEMPOTENCY_KEY_CHARS_MAX} characters`)
  })
})
