/** Finds single fields in a body, a query or the first bytes of a response. Does not parse the rest. */
import { multipartValue } from '../parameters/multipart-form.ts'
import { lastValue, queryPairs } from '../parameters/query.ts'

/**
 * Value of a field in a urlencoded or multipart form, or of a member of a JSON object. AgentOS uses the last value of a
 * repeated field, and so does this.
 *
 * @param body the whole body
 * @param contentType `content-type` of the caller's request
 * @returns undefined also for an empty value
 */
export function valueIn(
  body: Buffer,
  contentType: string | undefined,
  name: string,
): string | undefined {
  const type = contentType?.toLowerCase() ?? ''
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return valueInForm(body, name)
  }
  if (type.startsWith('multipart/form-data')) {
    return multipartValue(body, contentType ?? '', name) || undefined
  }
  if (!type.includes('json')) return undefined
  try {
    const value = (JSON.parse(body.toString('utf8')) as Record<string, unknown> | null)?.[name]
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/** AgentOS refuses a form with more fields (Starlette `Request.form`, `max_fields`). */
export const MOST_FIELDS = 1_000
/** Longest value that is read, in bytes: ids are shorter. */
const LONGEST_VALUE = 8 * 1024

/** As {@link valueInQuery}, but without decoding the long values of other fields. */
function valueInForm(body: Buffer, name: string): string | undefined {
  let value: string | undefined
  for (let at = 0, field = 0; at < body.length && field < MOST_FIELDS; field++) {
    const found = body.indexOf('&', at)
    const end = found === -1 ? body.length : found
    if (end - at <= LONGEST_VALUE) {
      const pair = body.toString('latin1', at, end)
      if (queryPairs(pair).has(name)) value = valueInQuery(pair, name)
    }
    at = end + 1
  }
  return value
}

/** @param query `a=1&b=2`, without a question mark */
export function valueInQuery(query: string, name: string): string | undefined {
  // A name without a percent-encoded byte occurs literally in the query.
  if (!query.includes(name) && !query.includes('%')) return undefined
  return lastValue(queryPairs(query), name) || undefined
}

/** A caller may choose the id. One with a slash or of dots would be another path in a request for the run. */
const RUN_ID = { name: '"run_id"', value: /"run_id"\s*:\s*"(?!\.{1,2}")([^"\\/]{1,128})"/ }
const SESSION_ID = { name: '"session_id"', value: /"session_id"\s*:\s*"([^"\\]{1,256})"/ }
/** AgentOS writes the id in the first event, and among the first members of a JSON response. */
const SEARCHED_BYTES = 4096

/** Id of the run. @returns undefined when the first bytes hold none that can be a path segment */
export function runIdIn(firstBytes: Buffer): string | undefined {
  return valueAfter(RUN_ID, firstBytes, 'latin1')
}

/** Id of the run's session. @returns undefined when the first bytes hold none */
export function sessionIdIn(firstBytes: Buffer): string | undefined {
  return valueAfter(SESSION_ID, firstBytes, 'utf8')
}

/** Decodes from the name on: a native search finds it without a copy of the text. */
function valueAfter(
  { name, value }: typeof RUN_ID,
  bytes: Buffer,
  encoding: 'latin1' | 'utf8',
): string | undefined {
  const searched = bytes.length > SEARCHED_BYTES ? bytes.subarray(0, SEARCHED_BYTES) : bytes
  const at = searched.indexOf(name, 0, 'latin1')
  if (at === -1) return undefined
  // Most ids follow at once. A first member without one, such as `null`, can precede another.
  const near = value.exec(searched.toString(encoding, at, at + NEAR_BYTES))
  return (near ?? value.exec(searched.toString(encoding, at)))?.[1]
}

/** Longest usual id with its name, in bytes. */
const NEAR_BYTES = 160
