/** Reads the tokens of a run from its response, and passes the response on unchanged. */
import type { GatewayError } from '../errors.ts'
import type { StreamEvent } from '../relay/stream-reader.ts'
import { includesAny, StreamReader } from '../relay/stream-reader.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import type { RunOutput } from '../usage/answer-reader.ts'
import { AnswerReader } from '../usage/answer-reader.ts'
import { eventsInFrame } from '../usage/frame-events.ts'
import type { RunUsage } from '../usage/run-usage.ts'
import { RUN_EVENTS } from '../usage/run-usage.ts'
import { readTask, TASK_EVENTS } from '../usage/task-reader.ts'
import type { RunAccount } from './run-account.ts'

/** How an answer reports the usage of its run. */
export interface AnswerForm {
  /** Texts of which each event that is read has one. */
  readonly needles: readonly Buffer[]
  readEvent(usage: RunUsage, event: StreamEvent): void
  readOutput(usage: RunUsage, output: RunOutput): void
}

/** Answers of AgentOS's routes of runs. */
export const RUN_ANSWER: AnswerForm = {
  needles: RUN_EVENTS,
  readEvent: (usage, event) => usage.readEvent(event),
  readOutput: (usage, output) => usage.readOutput(output),
}

/** Answers to messages of the A2A interface of an AgentOS. */
export const TASK_ANSWER: AnswerForm = {
  needles: TASK_EVENTS,
  readEvent: readTask,
  readOutput: readTask,
}

/** Wraps the receiver of a response. Charges before it passes the bytes on. */
export class RunMeter implements ResponseSink {
  readonly #account: RunAccount
  readonly #receiver: ResponseSink
  readonly #form: AnswerForm
  #reader: StreamReader | AnswerReader | undefined

  constructor(account: RunAccount, receiver: ResponseSink, form: AnswerForm = RUN_ANSWER) {
    this.#account = account
    this.#receiver = receiver
    this.#form = form
  }

  onHead(head: ResponseHead, exchange: Exchange): void {
    this.#reader = readerOf(head, this.#account, this.#form)
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
  { needles, readEvent, readOutput }: AnswerForm,
): StreamReader | AnswerReader | undefined {
  if (head.status >= 300) return undefined
  const stream = StreamReader.for(head, needles, (event) => {
    readEvent(account.usage, event)
    account.settle()
  })
  if (stream) return stream
  return new AnswerReader(head, (output) => {
    readOutput(account.usage, output)
    account.settle()
  })
}
