/** Shortens text of a caller for logs: control characters and line separators become U+FFFD, and long text is cut. */

/** @param most longest result, in UTF-16 code units */
export function boundedText(text: string, most: number): string {
  const kept = text.length > most ? `${text.slice(0, most - 1)}…` : text
  return kept.toWellFormed().replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}
