/** Finds one field in a body or a query, without parsing the rest. */

/**
 * The first value of a field in a urlencoded or multipart form, or of a member of a JSON object.
 *
 * @param body whole
 * @param contentType of the body, as the caller sent it
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
  if (type.startsWith('multipart/form-data')) return valueInMultipart(body, name)
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
  if (!query.includes(name)) return undefined
  return new URLSearchParams(query).get(name) || undefined
}

/** @see https://www.rfc-editor.org/rfc/rfc7578#section-4.2 */
function valueInMultipart(body: Buffer, name: string): string | undefined {
  const at = body.indexOf(`name="${name}"`)
  if (at === -1) return undefined
  const start = body.indexOf('\r\n\r\n', at)
  const end = body.indexOf('\r\n', start + 4)
  if (start === -1 || end === -1) return undefined
  return body.toString('utf8', start + 4, end) || undefined
}
