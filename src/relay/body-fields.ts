/** Finds one field in a body, a query or the first bytes of an answer, without parsing the rest. */
import { multipartValue } from '../parameters/multipart-form.ts'
import { lastValue, queryPairs } from '../parameters/query.ts'

/**
 * The value AgentOS takes of a field in a urlencoded or multipart form, or of a member of a JSON object: the last.
 *
 * @param body whole
 * @param contentType of the body, as the caller sent it
 * @returns undefined also for an empty value
 */
export function valueIn(
  body: Buffer,
  contentType: string | undefined,
  name: string,
): string | undefined {
  const type = contentType?.toLowerCase() ?? ''
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return valueInQuery(body.toString('latin1'), name)
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

/** @param query `a=1&b=2`, without a question mark */
export function valueInQuery(query: string, name: string): string | undefined {
  // The name may be percent-encoded; without an escape it has to stand there.
  if (!query.includes(name) && !query.includes('%')) return undefined
  return lastValue(queryPairs(query), name) || undefined
}

const RUN_ID = /"run_id"\s*:\s*"([^"\\]{1,128})"/
const SESSION_ID = /"session_id"\s*:\s*"([^"\\]{1,256})"/
/** The id stands in the first event, and among the first members of a JSON answer. */
const SEARCHED_BYTES = 4096

/** @returns the id, or undefined where the first bytes hold none */
export function runIdIn(firstBytes: Buffer): string | undefined {
  return RUN_ID.exec(firstBytes.toString('latin1', 0, SEARCHED_BYTES))?.[1]
}

/** The same for the session of the run. */
export function sessionIdIn(firstBytes: Buffer): string | undefined {
  return SESSION_ID.exec(firstBytes.toString('utf8', 0, SEARCHED_BYTES))?.[1]
}
