/** Finds one field in a body or a query, without parsing the rest. */
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
