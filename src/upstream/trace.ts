/** How a caller's request is followed through its attempts, where somebody does. Nothing here knows who. */

/** What a try at one replica is told by. */
export interface AttemptInfo {
  readonly method: string
  readonly upstream: string
  readonly replicaUrl: string
  /** Path on the upstream, the replica's own included; without its query, which may hold what is nobody's business. */
  readonly path: string
  /** 0 for the first try, then one more with each. */
  readonly resend: number
}

/** One request of a caller. */
export interface RequestTrace {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  attempt(info: AttemptInfo): AttemptTrace
  /** Something happened. */
  addEvent(event: string, attributes?: Readonly<Record<string, string | number>>): void
}

/** One try at one replica. */
export interface AttemptTrace {
  /** What names it to the upstream: `traceparent`, `tracestate`; names and values in turn. */
  readonly headers: readonly string[]
  answered(status: number): void
  firstByte(): void
  /** @param failure code of the error table or of the network; undefined where there was none */
  end(failure?: string): void
}

/** Headers that name the trace, in place of those the caller sent. Names and values in turn. */
export function withTraceContext(
  headers: readonly string[],
  { headers: own }: AttemptTrace,
): string[] {
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (!/^trace(?:parent|state)$/i.test(name)) kept.push(name, headers[i + 1] as string)
  }
  return kept.concat(own)
}
