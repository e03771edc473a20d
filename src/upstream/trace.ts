/** Defines the interface between attempts and tracing. Independent of OpenTelemetry. */

/** Attributes of an attempt. */
export interface AttemptInfo {
  readonly method: string
  readonly upstream: string
  readonly replicaUrl: string
  /** Path on the replica, without the query, which may hold private values. */
  readonly path: string
  /** 0 for the first attempt, then one more each time. */
  readonly resend: number
}

/** Traces one request of a caller. */
export interface RequestTrace {
  /** Trace id, 32 hexadecimal digits. */
  readonly traceId: string
  attempt(info: AttemptInfo): AttemptTrace
  /** Adds an event to the span. */
  addEvent(event: string, attributes?: Readonly<Record<string, string | number>>): void
}

/** Traces one attempt at one replica. */
export interface AttemptTrace {
  /** Headers `traceparent` and `tracestate` for the upstream, names and values in turn. */
  readonly headers: readonly string[]
  answered(status: number): void
  firstByte(): void
  /** @param failure error code of the gateway or of the network; undefined for a success */
  end(failure?: string): void
}

/** Replaces the caller's trace headers. Names and values in turn. */
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
