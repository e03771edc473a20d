/** Bounds the values of the metric label `caller`: the first callers keep theirs, further ones share one. */

/** Label of all callers beyond the bound. */
const OTHER = 'other'

export class CallerLabels {
  readonly #known = new Set<string>()

  /**
   * @param subject undefined for a caller without a verified subject, whose label is empty
   * @param most number of subjects that get a label of their own; 0 turns the label off
   * @returns undefined where the label is off
   */
  labelOf(subject: string | undefined, most: number): string | undefined {
    if (most === 0) return undefined
    if (subject === undefined) return ''
    if (this.#known.has(subject)) return subject
    if (this.#known.size >= most) return OTHER
    this.#known.add(subject)
    return subject
  }
}
