/** Shortens text of a caller for logs: control characters and line separators become U+FFFD, and long text is cut. */

/** Most texts need no change: printable ASCII. */
const PLAIN = /^[\x20-\x7e]*$/

/** @param most longest result, in UTF-16 code units */
export function boundedText(text: string, most: number): string {
  if (text.length <= most && PLAIN.test(text)) return text
  const kept = text.length > most ? `${text.slice(0, most - 1)}…` : text
  return kept.toWellFormed().replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}
