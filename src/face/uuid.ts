/** Converts between UUIDs and their bytes (RFC 9562). */

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A UUID of version 8 with these digits, except for the bits of version and variant. @param hex at least 32 digits */
export function uuidOf(hex: string): string {
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
  return uuidText(`${hex.slice(0, 12)}8${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`)
}

/** The UUID with exactly these 16 bytes. */
export function uuidFrom(bytes: Buffer): string {
  return uuidText(bytes.toString('hex'))
}

/** @returns undefined for any other text, and for a UUID with upper-case letters */
export function bytesOfUuid(text: string): Buffer | undefined {
  return UUID.test(text) ? Buffer.from(text.replaceAll('-', ''), 'hex') : undefined
}

function uuidText(hex: string): string {
  const starts = [0, 8, 12, 16, 20]
  return starts.map((start, index) => hex.slice(start, starts[index + 1] ?? 32)).join('-')
}
