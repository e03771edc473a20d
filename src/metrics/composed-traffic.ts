/** Counts the member runs of composed components by the pair of both, with a limit on the number of pairs. */

import type { Tokens } from '../usage/spent.ts'
import type { Snapshot } from './snapshot.ts'
import { MAX_SERIES } from './traffic.ts'

const OTHER = 'other'

/** A composed component and one of its members, such as `workflows/article` and `agents/ann`. */
export interface ComposedPair {
  readonly composed: string
  readonly upstream: string
  readonly component: string
}

interface PairSeries {
  readonly labels: ComposedPair
  runs: number
  inputTokens: number
  outputTokens: number
}

/** Counts of one process, from its start. */
export class ComposedTraffic {
  readonly #pairs = new Map<string, PairSeries>()

  /** @param tokens undefined where the run reported none */
  run(pair: ComposedPair, tokens: Tokens | undefined): void {
    const series = this.#series(pair)
    series.runs++
    series.inputTokens += tokens?.input ?? 0
    series.outputTokens += tokens?.output ?? 0
  }

  addTo(snapshot: Snapshot): void {
    for (const { labels, runs, inputTokens, outputTokens } of this.#pairs.values()) {
      snapshot.add('composedRuns', runs, { ...labels })
      snapshot.add('composedTokens', inputTokens, { ...labels, direction: 'input' })
      snapshot.add('composedTokens', outputTokens, { ...labels, direction: 'output' })
    }
  }

  #series(pair: ComposedPair): PairSeries {
    const own = `${pair.composed} ${pair.upstream} ${pair.component}`
    const isKnown = this.#pairs.has(own) || this.#pairs.size < MAX_SERIES
    const key = isKnown ? own : OTHER
    const labels = isKnown ? pair : { composed: OTHER, upstream: OTHER, component: OTHER }
    const series = this.#pairs.get(key) ?? { labels, runs: 0, inputTokens: 0, outputTokens: 0 }
    this.#pairs.set(key, series)
    return series
  }
}
