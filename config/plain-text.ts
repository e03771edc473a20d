/** Tells text that a message may repeat. */

/** Nothing that YAML reads in another way, and no user, password or query of a URL. */
const PLAIN = /^[\w./:-]+$/

/** Text that can stand in a message, and in YAML without quotes. */
export function isPlain(value: unknown): value is string {
  return typeof value === 'string' && PLAIN.test(value)
}
