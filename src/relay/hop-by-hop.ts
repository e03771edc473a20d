/**
 * Lists the hop-by-hop headers, which the gateway never forwards. @see
 * https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Names in the value of a `Connection` header, in lower case. Undefined when it lists only `close` or `keep-alive`. */
export function connectionListed(value: string): Set<string> | undefined {
  if (value === 'keep-alive' || value === 'close') return undefined
  let listed: Set<string> | undefined
  for (const token of value.split(',')) {
    const name = token.trim().toLowerCase()
    if (name === '' || name === 'close' || name === 'keep-alive') continue
    listed ??= new Set()
    listed.add(name)
  }
  return listed
}

/**
 * Names in all `Connection` headers of a message.
 *
 * @param rawHeaders names and values in turn
 */
export function listedByConnection(rawHeaders: readonly string[]): Set<string> | undefined {
  let listed: Set<string> | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue
    const found = connectionListed(rawHeaders[i + 1] as string)
    if (found) listed = listed ? listed.union(found) : found
  }
  return listed
}
