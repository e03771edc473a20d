/** Distinguishes a JSON object from every other JSON value. */

/** Returns whether the value is an object: neither an array nor `null`. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
