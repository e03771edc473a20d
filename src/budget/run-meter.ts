/** Reads the tokens of a run from its response, and passes the response on unchanged. */
import type { GatewayError } from '../errors.ts'
import { OPEN_OBJECT } from '../json/punctuation.ts'
import { includesAny, MAX_EVENT_BYTES, objectIn, StreamReader } from '../relay/stream-reader.ts'
import { eventsIn } from '../sse/events.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import { AnswerReader } from '../usage/answer-reader.ts'
import type { RunAccount } from './run-account.ts'

/** Events that end a run or a request to a model have one of these in their names. */
const NEEDLES = ['Completed"', 'Paused"', 'Cancelled"', 'Error"'].map((text) => Buffer.from(text))

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

/** Charges what a frame of a WebSocket reports: a whole event, or the JSON of one. */
export function readFrame(account: RunAccount, frame: Buffer): void {
  if (frame.length > MAX_EVENT_BYTES || !includesAny(frame, NEEDLES)) return
  const isJson = frame[0] === OPEN_OBJECT
  const parts = isJson ? [frame] : [...eventsIn(frame)].flatMap(({ data }) => data ?? [])
  for (const part of parts) {
    const event = objectIn(part)
    if (event) account.usage.readEvent(event)
  }
  account.settle()
}

/** @returns undefined for a response that reports no tokens */
function readerOf(
  head: ResponseHead,
  account: RunAccount,
): StreamReader | AnswerReader | undefined {
  if (head.status >= 300) return undefined
  const stream = StreamReader.for(head, NEEDLES, (event) => {
    account.usage.readEvent(event)
    account.settle()
  })
  if (stream) return stream
  return new AnswerReader(head, (output) => {
    account.usage.readOutput(output)
    account.settle()
  })
}
