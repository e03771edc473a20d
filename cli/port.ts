/** A port as text. */
import { UsageError } from './usage-error.ts'

/**
 * @param source what the text was given to, for the error
 * @throws {UsageError} when the text is no number
 */
export function portIn(text: string, source: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new UsageError(`${source} takes a number, not '${text}'`)
  return Number(text)
}
