/** Converts the JSON body of a run to the form that AgentOS takes. */
import { GatewayError } from '../errors.ts'
import { DEEPEST, DeepJsonError, JsonError, stringBetween } from '../json/json-walk.ts'
import type { MemberSpan } from '../json/members.ts'
import { membersOf, TooManyMembersError } from '../json/members.ts'
import { QUOTE } from '../json/punctuation.ts'
import { encodedPairs } from '../parameters/urlencoded.ts'
import { MOST_FIELDS } from './body-fields.ts'

/**
 * Strings keep their value; objects, lists, numbers and booleans keep their JSON text. Null members are left out. A long
 * body is read in several turns of the event loop.
 *
 * @returns an `application/x-www-form-urlencoded` body
 * @throws {GatewayError} `AGW_BODY_INVALID` with FastAPI's list of errors when the body is no JSON object; `AGW_BAD_REQUEST`
 *   in Starlette's words for more than 1,000 members
 */
export async function formFromJson(body: Buffer): Promise<Buffer> {
  const members = await objectIn(body)
  return encodedPairs(fieldsOf(members, body))
}

function* fieldsOf(members: Map<string, MemberSpan>, body: Buffer): Iterable<[string, string]> {
  for (const [name, { start, end }] of members) {
    if (isNull(body, { start, end })) continue
    const isString = body[start] === QUOTE
    yield [name, isString ? stringBetween(body, start, end) : body.toString('utf8', start, end)]
  }
}

const OPENING_BRACE = 123

/**
 * Converts JSON that is labelled as a form, as `curl -d '{"message":"hi"}'` sends it. A real form of a run never parses as a
 * JSON object.
 *
 * @returns undefined when the body is no JSON object; the upstream then gets it unchanged
 */
export async function formFromMislabelledJson(body: Buffer): Promise<Buffer | undefined> {
  if (body[0] !== OPENING_BRACE) return undefined
  try {
    return await formFromJson(body)
  } catch {
    return undefined
  }
}

function isNull(body: Buffer, { start, end }: MemberSpan): boolean {
  return end - start === 4 && body.toString('latin1', start, end) === 'null'
}

async function objectIn(body: Buffer): Promise<Map<string, MemberSpan>> {
  try {
    const members = await membersOf(body, MOST_FIELDS)
    if (members) return members
  } catch (cause) {
    throw refusal(body, cause)
  }
  const msg = 'Input should be a valid dictionary or object to extract fields from'
  const input = body.length <= LONGEST_ECHO ? (JSON.parse(body.toString('utf8')) as unknown) : null
  throw new GatewayError('AGW_BODY_INVALID', {
    detail: [{ type: 'model_attributes_type', loc: ['body'], msg, input }],
  })
}

/** Longest body that its error repeats, in bytes. */
const LONGEST_ECHO = 64 * 1024

function refusal(body: Buffer, cause: unknown): unknown {
  if (cause instanceof DeepJsonError) {
    const msg = `JSON is nested more than ${DEEPEST} deep`
    const detail = [{ type: 'json_invalid', loc: ['body'], msg, input: {} }]
    return new GatewayError('AGW_BODY_INVALID', { cause, detail })
  }
  if (cause instanceof TooManyMembersError) {
    const detail = `Too many fields. Maximum number of fields is ${MOST_FIELDS}.`
    return new GatewayError('AGW_BAD_REQUEST', { cause, detail })
  }
  if (!(cause instanceof JsonError)) return cause
  // Python counts code points, not UTF-16 units.
  const position = body.subarray(0, cause.at).toString('utf8').length
  const msg = 'JSON decode error'
  const ctx = { error: cause.message }
  const detail = [{ type: 'json_invalid', loc: ['body', position], msg, input: {}, ctx }]
  return new GatewayError('AGW_BODY_INVALID', { cause, detail })
}
