/** Reads the JSON object in a body that decides about its request. */
import { GatewayError } from '../errors.ts'
import { assertShallow } from '../json/json-depth.ts'
import { memberNames } from '../json/json-text.ts'
import { ambiguous, refuseVariants } from './deciding.ts'
import { lastValue } from './query.ts'

/** Largest number of members, as in AgentOS's form parser. */
export const MOST_MEMBERS = 1_000

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The object, which AgentOS (Python's `json`) reads in the same way. A byte order mark, UTF-16 and `NaN` are read there but not
 * here, so they are refused.
 *
 * @param names members that decide about the request: each once, and in no other spelling
 * @throws {GatewayError} `AGW_BODY_INVALID` for any other body, `AGW_PARAMETER_AMBIGUOUS`
 */
export function decidingObject(body: Buffer, names: ReadonlySet<string>): Record<string, unknown> {
  const text = textIn(body)
  assertShallow(text)
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw noObject()
  assertMembersOnce(text, names)
  return value as Record<string, unknown>
}

/**
 * @param text of a JSON object
 * @throws {GatewayError} `AGW_PARAMETER_AMBIGUOUS`; `AGW_BODY_INVALID` for more than 1,000 members
 */
function assertMembersOnce(text: string, names: ReadonlySet<string>): void {
  assertNamesOnce(memberNames(text), names)
}

/**
 * @param given names of the members of an object, a repeated one each time
 * @throws {GatewayError} as {@link assertMembersOnce} does
 */
export function assertNamesOnce(given: readonly string[], names: ReadonlySet<string>): void {
  if (given.length > MOST_MEMBERS) throw tooManyMembers()
  refuseVariants(given, names, 'body')
  const seen = new Set<string>()
  for (const name of given) {
    if (seen.has(name) && names.has(name)) throw ambiguous('body', name, [name])
    seen.add(name)
  }
}

/**
 * The object in a body that may be something else.
 *
 * @returns undefined for a body that is no JSON object for AgentOS either
 * @throws {GatewayError} `AGW_BODY_INVALID` where only AgentOS can read it; `AGW_PARAMETER_AMBIGUOUS`
 */
export function readableObject(
  body: Buffer,
  names: ReadonlySet<string>,
): Record<string, unknown> | undefined {
  const text = body.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    if (isReadElsewhere(body, text)) throw noObject()
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) assertMembersOnce(text, names)
  return value as Record<string, unknown>
}

/** Python's `json` reads this body although `JSON.parse` does not: by a byte order mark, UTF-16, UTF-32 or `NaN`. */
function isReadElsewhere(body: Buffer, text: string): boolean {
  const isMarked = body[0] === 0xef || body[0] === 0xfe || body[0] === 0xff
  return isMarked || body.subarray(0, 4).includes(0) || /\b(?:NaN|Infinity)\b/.test(text)
}

/**
 * Refuses a body that names another value than the query.
 *
 * @throws {GatewayError} `AGW_PARAMETER_AMBIGUOUS`
 */
export function assertSameInBody(
  query: URLSearchParams,
  body: Readonly<Record<string, unknown>>,
  names: readonly string[],
): void {
  for (const name of names) {
    const inQuery = lastValue(query, name)
    const inBody = body[name]
    if (inQuery === undefined || inBody === undefined || inBody === null) continue
    if (inQuery !== inBody) throw ambiguous('body', name, [inQuery, inBody])
  }
}

function textIn(body: Buffer): string {
  try {
    return UTF8.decode(body)
  } catch (cause) {
    throw noObject(cause)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw noObject(cause)
  }
}

function noObject(cause?: unknown): GatewayError {
  return new GatewayError('AGW_BODY_INVALID', {
    cause,
    detail: [{ type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {} }],
  })
}

function tooManyMembers(): GatewayError {
  const msg = `JSON has more than ${MOST_MEMBERS} members`
  return new GatewayError('AGW_BODY_INVALID', {
    detail: [{ type: 'too_long', loc: ['body'], msg, input: {} }],
  })
}
