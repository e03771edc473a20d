/** Defines the interface between the sender of an upstream request and the receiver of its response. */
import type { Readable } from 'node:stream'
import type { GatewayError } from '../errors.ts'
import type { ReplicaPreference } from './selection.ts'
import type { RequestTrace } from './trace.ts'

/** A request in the form in which it is sent. Only the address is added. */
export interface UpstreamRequest {
  readonly method: string
  /** Path and query with leading slash, in the upstream's own ids. */
  readonly path: string
  /** Names and values in turn, without `host`. Framing headers only for a streamed body of known length. */
  readonly headers: readonly string[]
  /** A Buffer can be sent again to another replica, a stream only once. */
  readonly body: Buffer | StreamedBody | null
  /** Traces the attempts; undefined when the caller's request is not traced. */
  readonly trace?: RequestTrace | undefined
}

/** A streamed body. */
export interface StreamedBody extends Readable {
  /** The reader waits for bytes of the caller, so a silence is not the upstream's. */
  readonly isAwaitingCaller: boolean
}

/** Returns whether the body can be sent only once. */
export function isStream(body: UpstreamRequest['body']): body is StreamedBody {
  return body !== null && !Buffer.isBuffer(body)
}

/** Status line and headers of a final response. */
export interface ResponseHead {
  readonly status: number
  readonly statusText: string
  /** Names and values in turn, in their original order. */
  readonly rawHeaders: readonly string[]
  /** Base URL of the replica, for rewriting redirects. It never appears in a response. */
  readonly replicaUrl: string
}

/** Receives one response. Exactly one of `onEnd` and `onError` is the last call. */
export interface ResponseSink {
  onHead(head: ResponseHead, exchange: Exchange): void
  onData(chunk: Buffer): void
  onEnd(): void
  /** Not called after {@link Exchange.abort}. */
  onError(error: GatewayError): void
  /** Called on every tick. @param silentTicks ticks since the last activity of the upstream */
  onTick?(silentTicks: number): void
}

/** A request in progress. */
export interface Exchange {
  /** Closes the upstream connection at once. The sink gets no further call. */
  abort(): void
  /** Stops reading from the upstream and suspends the silence limit. */
  pause(): void
  resume(): void
  /** Replaces the silence limit, for example for an event stream. @param ms 0 for none */
  limitSilence(ms: number): void
}

/** Options of one request. */
export interface SendOptions {
  /** Longest silence before the head and in the body, in milliseconds; 0 for none. */
  readonly silenceMs: number
  /** Preference in the choice of replica. Default: none. */
  readonly preference?: ReplicaPreference | undefined
  /** A 404 leads to the next replica, because any replica may hold the run. Default false. */
  readonly retryOnNotFound?: boolean
}

/** Wraps the receiver of a response, to read or change the response on its way. */
export type Tap = (receiver: ResponseSink) => ResponseSink
