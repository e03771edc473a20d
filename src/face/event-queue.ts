/**
 * Turns the output of a relay into an async iteration of run events, for whole JSON answers and for SDKs that write the
 * response.
 */
import { EventStream } from '../client/event-stream.ts'
import { runEvent } from '../client/run-events.ts'
import { GatewayError } from '../errors.ts'
import type { RelayOutput } from '../relay/relay-output.ts'
import type { FaceEvent } from './face-events.ts'
import type { RunReader } from './run-reader.ts'

/**
 * The events of one run. The relay waits while no reader takes events. The queue is iterated once; the iteration ends
 * with the upstream's stream, soon after the last event of the run.
 */
export class EventQueue implements RelayOutput, AsyncIterable<FaceEvent> {
  readonly writesReply = false
  readonly #events: EventStream
  readonly #reader: RunReader
  readonly #onHeartbeat: (() => void) | undefined
  #hasHead = false
  #isFull = false
  #hasEnded = false
  #isDestroyed = false
  #onDrain: (() => void) | undefined

  /**
   * @param upstream name for error messages
   * @param onHeartbeat called while the upstream is silent, at the interval of a stream's heartbeats
   */
  constructor(upstream: string, reader: RunReader, onHeartbeat?: () => void) {
    this.#events = new EventStream(upstream, 0)
    this.#reader = reader
    this.#onHeartbeat = onHeartbeat
  }

  get destroyed(): boolean {
    return this.#isDestroyed
  }

  get headersSent(): boolean {
    return this.#hasHead
  }

  get writableEnded(): boolean {
    return this.#hasEnded
  }

  readonly writableLength = 0

  writeHead(status: number, statusText: string, rawHeaders: string[]): void {
    this.#hasHead = true
    const exchange = {
      pause: () => {
        this.#isFull = true
      },
      resume: () => {
        this.#isFull = false
        const onDrain = this.#onDrain
        this.#onDrain = undefined
        onDrain?.()
      },
      // The relay itself aborts the exchange and limits its silence.
      abort: () => {},
      limitSilence: () => {},
    }
    this.#events.onHead({ status, statusText, rawHeaders, replicaUrl: '' }, exchange)
  }

  flushHeaders(): void {}

  write(chunk: Buffer | string, onWritten?: () => void): boolean {
    if (typeof chunk === 'string' && chunk.startsWith(':')) this.#onHeartbeat?.()
    else this.#events.onData(Buffer.from(chunk))
    onWritten?.()
    return !this.#isFull
  }

  once(_event: 'drain', listener: () => void): void {
    this.#onDrain = listener
  }

  end(chunk?: Buffer | string, encoding?: BufferEncoding): void {
    if (chunk !== undefined) {
      this.#events.onData(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, encoding))
    }
    this.#hasEnded = true
    this.#events.onEnd()
  }

  destroy(): void {
    this.#isDestroyed = true
    this.#events.onError(new GatewayError('AGW_RELAY_INTERRUPTED'))
  }

  setTimeout(): void {}

  /** Ends the iteration at once with this error. */
  refuse(error: GatewayError): void {
    this.#hasEnded = true
    this.#events.cut(error)
  }

  /**
   * @throws {AgentOSError} when the upstream answers with an error
   * @throws {GatewayError} when there is no answer, or when the stream ends before the last event of the run;
   *   `AGW_CLIENT_CLOSED` when the caller has disconnected
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<FaceEvent, void, undefined> {
    try {
      for await (const raw of this.#events) yield* this.#reader.read(runEvent(raw))
    } catch (error) {
      // The reader has already returned the failure as the last event.
      if (!this.#reader.isOver) throw error
    }
    if (this.#reader.isOver) return
    const detail = 'The run ended without a result'
    throw new GatewayError('AGW_RELAY_INTERRUPTED', { detail })
  }
}
