/** Reads the tokens of a run from its response, and passes the response on unchanged. */
import type { GatewayError } from '../errors.ts'
import { firstMember } from '../json/json-text.ts'
import { parseJson } from '../json/parse.ts'
import { OPEN_OBJECT } from '../json/punctuation.ts'
import { runIdIn } from '../relay/body-fields.ts'
import { includesAny, MAX_EVENT_BYTES, objectIn, StreamReader } from '../relay/stream-reader.ts'
import { eventsIn } from '../sse/events.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import { headerOf } from '../upstream/header-of.ts'
import type { RunAccount } from './run-account.ts'

/** Longest answer that is read whole, in bytes. Of a longer one, only the metrics at its beginning are read. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024
/** A shorter answer is parsed before its last byte is passed on. */
const SHORT_BYTES = 64 * 1024
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
  return stream ?? new AnswerReader(account, Number(headerOf(head, 'content-length') ?? Number.NaN))
}

/** Reads the output of a run that is answered as JSON. */
class AnswerReader {
  readonly #account: RunAccount
  #bytesLeft: number
  #chunks: Buffer[] = []
  #bytes = 0
  #isOver = false

  /** @param length bytes of the body; NaN for an unknown length */
  constructor(account: RunAccount, length: number) {
    this.#account = account
    this.#bytesLeft = length
  }

  push(chunk: Buffer): void {
    if (this.#bytes <= MAX_ANSWER_BYTES) this.#chunks.push(chunk)
    this.#bytes += chunk.length
    this.#bytesLeft -= chunk.length
    if (this.#bytesLeft === 0) this.end()
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const bytes = Buffer.concat(this.#chunks)
    this.#chunks = []
    if (this.#bytes > MAX_ANSWER_BYTES) this.#settle(beginning(bytes))
    else if (bytes.length <= SHORT_BYTES) this.#settle(objectIn(bytes))
    else
      void parseJson(bytes).then(
        (output) => this.#settle(output),
        () => undefined,
      )
  }

  #settle(output: unknown): void {
    if (typeof output !== 'object' || output === null) return
    this.#account.usage.readOutput(output as Readonly<Record<string, unknown>>)
    this.#account.settle()
  }
}

/** Metrics and id of an output whose end is missing: AgentOS writes them before the messages. */
function beginning(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    // Only numbers are read, so the text encoding does not matter.
    const metrics = firstMember(bytes.toString('latin1'), 'metrics') ?? 'null'
    return { run_id: runIdIn(bytes), metrics: JSON.parse(metrics) as unknown }
  } catch {
    return undefined
  }
}
