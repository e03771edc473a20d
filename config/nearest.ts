/** Finds the known word that is most similar to a given one. */

/** Shortest beginning that identifies a word, in letters. */
const SHORTEST_BEGINNING = 3

/**
 * The most similar candidate: at most a third of the letters differ, or the word is its beginning. Case, `_` and `-` do
 * not count, so that `maxBodySize` finds `max_body_size`.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const plain = simplify(word)
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(plain, simplify(candidate)) }))
    .toSorted((a, b) => a.distance - b.distance)
  const best = ranked[0]
  if (best === undefined || best.distance >= plain.length) return undefined
  if (best.distance <= Math.max(1, plain.length / 3)) return best.candidate
  return plain.length < SHORTEST_BEGINNING
    ? undefined
    : ranked.find(({ candidate }) => simplify(candidate).startsWith(plain))?.candidate
}

function simplify(word: string): string {
  return word.toLowerCase().replace(/[_-]/g, '')
}

/** Number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  const from = [...a]
  const to = [...b]
  const rows = [Array.from({ length: to.length + 1 }, (_, index) => index)]
  const cell = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (const [i, letter] of from.entries()) {
    const row = [i + 1]
    rows.push(row)
    for (const [j, other] of to.entries()) {
      const replaced = cell(i, j) + (letter === other ? 0 : 1)
      const isSwap = letter === to[j - 1] && other === from[i - 1]
      const swapped = isSwap ? cell(i - 1, j - 1) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(replaced, swapped, cell(i, j + 1) + 1, cell(i + 1, j) + 1))
    }
  }
  return cell(from.length, to.length)
}
