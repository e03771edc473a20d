/** Reads the tokens of a run from its response, and passes the response on unchanged. */
import type { GatewayError } from '../errors.ts'
import { includesAny, StreamReader } from '../relay/stream-reader.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import { AnswerReader } from '../usage/answer-reader.ts'
import { eventsInFrame } from '../usage/frame-events.ts'
import { RUN_EVENTS } from '../usage/run-usage.ts'
import type { RunAccount } from './run-account.ts'

/** Wraps the receiver of a response. Charges before it passes the bytes on. */
export class RunMeter implements ResponseSink {
  readonly #account: RunAccount
  readonly #receiver: ResponseSink
  #reader: StreamReader | AnswerReader | undefined

  constructor(account: RunAccount, receiver: ResponseSink) {
    this.#account = account
    this.#receiver = receiver
  }

  onHead(head: ResponseHead, exchange: Exchange): void {
    this.#reader = readerOf(head, this.#account)
    this.#receiver.onHead(head, exchange)
  }

  onData(chunk: Buffer): void {
    this.#reader?.push(chunk)
    this.#receiver.onData(chunk)
  }

  onEnd(): void {
    this.#reader?.end()
    this.#receiver.onEnd()
  }

  onError(error: GatewayError): void {
    this.#receiver.onError(error)
  }

  onTick(silentTicks: number): void {
    this.#receiver.onTick?.(silentTicks)
  }
}

/** Charges the tokens that a frame of a WebSocket reports. */
export function readFrame(account: RunAccount, frame: Buffer): void {
  if (!includesAny(frame, RUN_EVENTS)) return
  for (const event of eventsInFrame(frame)) account.usage.readEvent(event)
  account.settle()
}

/** @returns undefined for a response that reports no tokens */
function readerOf(
  head: ResponseHead,
  account: RunAccount,
): StreamReader | AnswerReader | undefined {
  if (head.status >= 300) return undefined
  const stream = StreamReader.for(head, RUN_EVENTS, (event) => {
    account.usage.readEvent(event)
    account.settle()
  })
  if (stream) return stream
  return new AnswerReader(head, (output) => {
    account.usage.readOutput(output)
    account.settle()
  })
}
