/** The vocabulary between those who send to an upstream and those who receive its response. */
import type { Readable } from 'node:stream'
import type { GatewayError } from '../errors.ts'
import type { ReplicaPreference } from './selection.ts'
import type { RequestTrace } from './trace.ts'

/** A request as it goes to an upstream: nothing in it is added or left out any more, but for the address. */
export interface UpstreamRequest {
  readonly method: string
  /** Path and query, from the leading slash, in the upstream's own ids. */
  readonly path: string
  /** Names and values in turn. Without `host`; framing headers only where the body is a stream of known length. */
  readonly headers: readonly string[]
  /** A Buffer can be sent again to another replica, a stream only once. */
  readonly body: Buffer | StreamedBody | null
  /** Follows its attempts, where the request of the caller is traced. */
  readonly trace?: RequestTrace | undefined
}

/** A body that is not held whole. */
export interface StreamedBody extends Readable {
  /** More of it is wanted than the caller has sent: whatever takes long now is not the upstream's doing. */
  readonly isAwaitingCaller: boolean
}

/** Status line and headers of a final response. */
export interface ResponseHead {
  readonly status: number
  readonly statusText: string
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  /** Base URL of the replica that answered; for rewriting, never for an answer. */
  readonly replicaUrl: string
}

/** Receives one response. After `onHead` and `onData` exactly one of `onEnd` and `onError` is called, as the last call. */
export interface ResponseSink {
  onHead(head: ResponseHead, exchange: Exchange): void
  onData(chunk: Buffer): void
  onEnd(): void
  /** Never called for an exchange that {@link Exchange.abort} ended. */
  onError(error: GatewayError): void
  /** Called on every tick of the clock. @param silentTicks ticks since the upstream was last heard */
  onTick?(silentTicks: number): void
}

/** A request under way. */
export interface Exchange {
  /** Closes the upstream connection at once. Nothing more is reported. */
  abort(): void
  /** Stops reading from the upstream; the silence limit rests meanwhile. */
  pause(): void
  resume(): void
  /** Replaces the silence limit, for example once the response turns out to be an event stream. @param ms 0 for none */
  limitSilence(ms: number): void
}

/** Limits and choices of one send. */
export interface SendOptions {
  /** Longest silence in milliseconds before the head and inside the body; 0 for none. */
  readonly silenceMs: number
  /** What the request would like of the choice of replica. Default: nothing. */
  readonly preference?: ReplicaPreference | undefined
  /** What the request is about may be held by any replica: an answer that it is not found leads to the next. */
  readonly retryOnNotFound?: boolean
}
