/** Shows the events or the output of a run's HTTP response to its guard, and passes the bytes on unchanged. */
import type { GatewayError } from '../errors.ts'
import { StreamReader } from '../relay/stream-reader.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import { AnswerReader } from '../usage/answer-reader.ts'
import type { RunGuardOptions } from './run-guard.ts'
import { GUARDED_EVENTS, RunGuard } from './run-guard.ts'

/** Guards the run of one request, also while its broken stream is resumed. */
export class GuardedRun {
  readonly guard: RunGuard
  /** Receives the error when AgentOS does not end the run. A resumed stream has another receiver. */
  #receiver: ResponseSink | undefined

  constructor(options: Omit<RunGuardOptions, 'fail'>) {
    this.guard = new RunGuard({ ...options, fail: (error) => this.#receiver?.onError(error) })
  }

  /** Wraps the receiver of the response, or of a resumed stream. */
  tap(receiver: ResponseSink): ResponseSink {
    this.#receiver ??= receiver
    return new GuardedResponse(this.guard, receiver)
  }
}

class GuardedResponse implements ResponseSink {
  readonly #guard: RunGuard
  readonly #receiver: ResponseSink
  #reader: StreamReader | AnswerReader | undefined

  constructor(guard: RunGuard, receiver: ResponseSink) {
    this.#guard = guard
    this.#receiver = receiver
  }

  onHead(head: ResponseHead, exchange: Exchange): void {
    const guard = this.#guard
    if (guard.isClosed) {
      exchange.abort()
      return
    }
    const stream = StreamReader.for(head, GUARDED_EVENTS, (event) => guard.readEvent(event))
    this.#reader = stream ?? (head.status < 300 ? answerReader(head, guard) : undefined)
    this.#receiver.onHead(head, exchange)
  }

  onData(chunk: Buffer): void {
    this.#receiver.onData(chunk)
    this.#reader?.push(chunk)
  }

  onEnd(): void {
    this.#reader?.end()
    this.#receiver.onEnd()
  }

  onError(error: GatewayError): void {
    if (!this.#guard.isClosed) this.#receiver.onError(error)
  }

  onTick(silentTicks: number): void {
    this.#receiver.onTick?.(silentTicks)
  }
}

/** AgentOS answers a background run before it has ended. */
function answerReader(head: ResponseHead, guard: RunGuard): AnswerReader {
  return new AnswerReader(head, (output) => guard.readOutput(output))
}
