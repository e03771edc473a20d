/** Checks that a text is safe to repeat in a message. */

/** Nothing that YAML reads in another way, and no user, password or query of a URL. */
const PLAIN = /^[\w./:-]+$/

/** Whether the text needs no quotes in a message or in YAML. */
export function isPlain(value: unknown): value is string {
  return typeof value === 'string' && PLAIN.test(value)
}
