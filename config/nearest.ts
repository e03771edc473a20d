/** Finds the word a user most likely meant. */

/**
 * The candidate nearest to `word`, or undefined when none is near: at most a third of the letters wrong. Case, `_` and
 * `-` do not count, so that `maxBodySize` finds `max_body_size`.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const plain = simplify(word)
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(plain, simplify(candidate)) }))
    .toSorted((a, b) => a.distance - b.distance)
  const best = ranked[0]
  if (best === undefined || best.distance >= plain.length) return undefined
  return best.distance <= Math.max(1, plain.length / 3) ? best.candidate : undefined
}

function simplify(word: string): string {
  return word.toLowerCase().replace(/[_-]/g, '')
}

/** Levenshtein distance: insertions, deletions and replacements that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: [...b].length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
