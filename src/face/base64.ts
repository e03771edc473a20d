/** Checks the base64 of callers: Node's decoder skips invalid characters, and would forward a damaged file. */
import { badRequest } from './json-body.ts'

/**
 * @param text base64 in either alphabet, with or without padding and line breaks
 * @returns the same bytes in the standard alphabet
 * @throws {GatewayError} `AGW_BAD_REQUEST` for any other text, and for no bytes
 * @see https://www.rfc-editor.org/rfc/rfc4648#section-4
 */
export function base64In(text: string): string {
  const padding = text.indexOf('=')
  const isPadded = padding === -1 || /^={1,2}\s*$/.test(text.slice(padding))
  const isData = /[\w+/-]\s*[\w+/-]/.test(text)
  if (/[^\w+/=\s-]/.test(text) || !isPadded || !isData) {
    throw badRequest('The data of a file, an image or a sound is not base64')
  }
  return text.replaceAll('-', '+').replaceAll('_', '/')
}

/** The bytes of {@link base64In}. @throws {GatewayError} `AGW_BAD_REQUEST` */
export function bytesIn(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64In(text), 'base64'))
}

/**
 * The base64 of a `data:` URL and its media type, `text/plain` if it names none. Undefined for any other URL, and for one that
 * is not in base64.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2397
 */
export function dataUrl(url: string): { base64: string; mimeType: string } | undefined {
  const head = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,/i.exec(url.slice(0, 200))
  if (head === null) return undefined
  return { base64: url.slice(head[0].length), mimeType: head[1] ?? 'text/plain' }
}
