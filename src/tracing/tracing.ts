/**
 * Defines the interface between the gateway and its tracing. Imports no tracing package, so it costs nothing when
 * tracing is off.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { RequestTrace } from '../upstream/trace.ts'

/** The traced members of a request. */
export interface TracedRequest {
  readonly method: string
  /** Pattern of the route, such as `/agents/{id}`; undefined where there is none. */
  readonly route: string | undefined
  /** Without the query, which may hold tokens. */
  readonly path: string
  readonly scheme: string
  /** Host of the caller's request, with its port if given. */
  readonly host: string | undefined
  readonly clientAddress: string
  readonly httpVersion: string
  readonly headers: IncomingHttpHeaders
  readonly requestId: string
}

/** The outcome of a request. */
export interface TracedOutcome {
  /** Undefined for a caller that left before a response. */
  readonly status: number | undefined
  readonly upstream: string | undefined
  /** `agents/echo`. */
  readonly component: string | undefined
  readonly runId: string | undefined
  readonly sessionId: string | undefined
  readonly bytes: number | undefined
  /** Verified subject of the caller, where the configuration asks for it. */
  readonly caller: string | undefined
  /** Code of the error table. */
  readonly error: string | undefined
}

/** Traces a request from its first hook until its connection closes. */
export interface ServerTrace extends RequestTrace {
  end(outcome: TracedOutcome): void
}

/** Traces one part of the work of a request. */
export interface PartTrace {
  /** `traceparent` and `tracestate` for requests inside the part. */
  readonly headers: Readonly<Record<string, string>>
  /** @param failure type of the failure; undefined for a success */
  end(failure?: string): void
}

export interface Tracing {
  begin(request: TracedRequest): ServerTrace
  /**
   * Begins a span inside the process, such as that of one step.
   *
   * @param headers trace context of its parent, with lower-case names
   */
  beginPart(
    name: string,
    attributes: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>>,
  ): PartTrace
  /** Exports the remaining spans, and waits only a moment for the collector. Never rejects. */
  shutdown(): Promise<void>
}

/** Log that reports problems with the collector. */
export interface TracingLog {
  info(values: object, message: string): void
  warn(values: object, message: string): void
}
