/** Reads one field of a multipart form as AgentOS (python-multipart) reads it. Files are skipped, not searched. */

const BOUNDARY = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i
/** Matches a parameter of a header; a quoted value may contain `\"`. */
const PARAMETER = /;\s*([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g
const DISPOSITION = /^content-disposition:\s*form-data(.*)$/im

/**
 * The last value of a field.
 *
 * @param body whole
 * @param contentType with the boundary
 * @returns undefined where no part that is not a file has the name
 * @see https://www.rfc-editor.org/rfc/rfc7578#section-4.2
 */
export function multipartValue(
  body: Buffer,
  contentType: string,
  name: string,
): string | undefined {
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? []
  const delimiter = `\r\n--${quoted ?? plain}`
  // The first delimiter stands at the beginning, without its line break.
  let at = body.indexOf(delimiter.slice(2))
  if (at !== 0) return undefined
  at += delimiter.length - 2
  let value: string | undefined
  for (;;) {
    const headEnd = body.indexOf('\r\n\r\n', at)
    if (headEnd === -1) return value
    const end = body.indexOf(delimiter, headEnd + 2)
    if (end === -1) return value
    if (fieldName(body.toString('latin1', at, headEnd)) === name) {
      value = body.toString('utf8', headEnd + 4, Math.max(end, headEnd + 4))
    }
    at = end + delimiter.length
  }
}

/** Name of the field that a part's headers give, the last where they give two; undefined for a file. */
function fieldName(head: string): string | undefined {
  const [, parameters = ''] = DISPOSITION.exec(head) ?? []
  let name: string | undefined
  for (const [, key = '', quoted, plain] of parameters.matchAll(PARAMETER)) {
    const lower = key.toLowerCase()
    if (lower.startsWith('filename')) return undefined
    if (lower === 'name') name = quoted ?? plain
  }
  return name
}

const PLAIN_TYPE = /^multipart\/form-data; ?boundary="?([\w'+./:=?-]{1,70})"?$/i
const PLAIN_DISPOSITION =
  /^content-disposition: form-data; name="[^"\\]*"(?:; filename="[^"\\]*")?$/i
const PLAIN_HEADER = /^content-(?:type|length): [ -~]*$/i

/**
 * Returns whether every parser reads the same fields: the form that HTTP clients send, without preamble, folded lines, repeated
 * or unusual headers.
 */
export function isPlainMultipart(body: Buffer, contentType: string): boolean {
  const [, boundary] = PLAIN_TYPE.exec(contentType.trim()) ?? []
  if (boundary === undefined) return false
  const pieces = `\r\n${body.toString('latin1')}`.split(`\r\n--${boundary}`)
  const [before, ...parts] = pieces
  const end = parts.pop()
  if (before !== '' || (end !== '--' && end !== '--\r\n')) return false
  return parts.every((part) => {
    const headEnd = part.indexOf('\r\n\r\n')
    if (headEnd === -1 || !part.startsWith('\r\n')) return false
    const lines = part.slice(2, headEnd).split('\r\n')
    const others = lines.filter((line) => !PLAIN_DISPOSITION.test(line))
    return lines.length - others.length === 1 && others.every((line) => PLAIN_HEADER.test(line))
  })
}
