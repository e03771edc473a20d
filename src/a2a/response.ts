/** Receives the answer of an A2A server and writes it in AgentOS's form. */

import { GatewayError, STATUS_TEXTS } from '../errors.ts'
import { EventStreamParser } from '../relay/event-stream-parser.ts'
import { isEventStreamType } from '../relay/response-headers.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../upstream/exchange.ts'
import { headerOf } from '../upstream/header-of.ts'
import { cardOf } from './card.ts'
import { withoutBodyHeaders } from './headers.ts'
import { runOutput } from './output.ts'
import { refusal } from './refusal.ts'
import type { A2aCall } from './request.ts'
import type { A2aComponent } from './target.ts'
import { TaskEvents } from './task-events.ts'
import type { Result } from './wire.ts'
import { envelopeIn } from './wire.ts'

/** Largest whole answer and largest event, in bytes. */
const MAX_BYTES = 32 * 1024 * 1024
/** Longest time for which a server may keep its stream open after the end of a run. */
const SETTLED_SILENCE_MS = 1_000

/** The response in progress and the upstream that sends it. */
interface Answering {
  readonly head: ResponseHead
  readonly exchange: Exchange
}

/** Translates one answer. */
export class A2aResponse implements ResponseSink {
  readonly #target: A2aComponent
  readonly #call: A2aCall
  readonly #sink: ResponseSink
  readonly #isTakenOver: (head: ResponseHead) => boolean
  readonly #settledTicks: number
  #answering: Answering | undefined
  /** Set when the answer is an event stream. */
  #events: TaskEvents | undefined
  readonly #parser = new EventStreamParser()
  #chunks: Buffer[] = []
  /** Bytes since the start of the answer, or since the last complete event. */
  #bytes = 0
  #isOver = false

  /** @param isTakenOver sees the head first; the answer is dropped when it returns true */
  constructor(
    target: A2aComponent,
    call: A2aCall,
    sink: ResponseSink,
    isTakenOver: (head: ResponseHead) => boolean,
  ) {
    this.#target = target
    this.#call = call
    this.#sink = sink
    this.#isTakenOver = isTakenOver
    this.#settledTicks = target.upstream.ticker.ticks(SETTLED_SILENCE_MS)
  }

  onHead(head: ResponseHead, exchange: Exchange): void {
    if (this.#isTakenOver(head)) {
      this.#isOver = true
      exchange.abort()
      return
    }
    const answering = { head, exchange }
    this.#answering = answering
    const isWanted = this.#call.answerForm === 'events' && head.status < 300
    if (isWanted && isEventStreamType(headerOf(head, 'content-type') ?? ''))
      this.#beginEvents(answering)
  }

  #beginEvents({ head, exchange }: Answering): TaskEvents {
    const events = new TaskEvents(this.#target, this.#call.namedIds)
    this.#events = events
    const rawHeaders = [...withoutBodyHeaders(head), 'content-type', 'text/event-stream']
    this.#sink.onHead({ ...head, status: 200, statusText: 'OK', rawHeaders }, exchange)
    return events
  }

  onData(chunk: Buffer): void {
    if (this.#isOver) return
    this.#bytes += chunk.length
    if (this.#bytes > MAX_BYTES) {
      this.#break(`sent an event or answer of more than ${MAX_BYTES} bytes`)
      return
    }
    if (this.#events === undefined) this.#chunks.push(chunk)
    else this.#onEvents(this.#events, chunk)
  }

  #onEvents(events: TaskEvents, chunk: Buffer): void {
    let text = ''
    for (const { data } of this.#parser.push(chunk)) {
      this.#bytes = 0
      const envelope = envelopeIn(data)
      if (envelope === undefined) {
        this.#break('sent an event that is not an A2A message')
        return
      }
      if ('error' in envelope) {
        this.#finish(text + events.fail(envelope.error.message))
        return
      }
      try {
        text += events.push(envelope.result)
      } catch (error) {
        this.#fail(error as GatewayError)
        return
      }
    }
    this.#say(text)
  }

  onTick(silentTicks: number): void {
    if (this.#isOver) return
    if (this.#events?.isSettled && silentTicks >= this.#settledTicks)
      this.#finish(this.#events.end())
    else this.#sink.onTick?.(silentTicks)
  }

  onEnd(): void {
    if (this.#isOver || this.#answering === undefined) return
    if (this.#events === undefined) this.#onWhole(this.#answering, Buffer.concat(this.#chunks))
    else this.#finish(this.#events.end())
  }

  onError(error: GatewayError): void {
    if (!this.#isOver) this.#fail(error)
  }

  #onWhole(answering: Answering, body: Buffer): void {
    const { answerForm, namedIds } = this.#call
    const { status } = answering.head
    const text = body.toString('utf8')
    const isCard = answerForm === 'card'
    const envelope = isCard ? undefined : envelopeIn(text)
    const isRefused = status >= 300 && !(isCard && status === 404)
    if (isRefused || (envelope !== undefined && 'error' in envelope)) {
      const refused = refusal(status, envelope, text)
      this.#answer(answering, refused.status, refused.text)
    } else if (isCard) this.#onCard(answering, text)
    else if (envelope === undefined) this.#break('sent an answer that is not an A2A message')
    else if (answerForm === 'events') this.#streamWhole(answering, envelope.result)
    else if (answerForm === 'nothing') this.#answer(answering, 200, '{}')
    else {
      const output = runOutput(envelope.result, this.#target, namedIds, Date.now())
      const { run_id, session_id, status } = output
      if (answerForm === 'output') this.#answer(answering, 200, JSON.stringify(output))
      else this.#answer(answering, 202, JSON.stringify({ run_id, session_id, status }))
    }
  }

  /** A2A allows a server to have no card. */
  #onCard(answering: Answering, text: string): void {
    const card = answering.head.status === 404 ? undefined : jsonIn(text)
    this.#answer(answering, 200, JSON.stringify(cardOf(card, this.#target.id)))
  }

  /** A server may send one JSON answer although the gateway has requested a stream. */
  #streamWhole(answering: Answering, result: Result): void {
    const events = this.#beginEvents(answering)
    const text = events.push(result)
    const last = events.end()
    this.#finish(last === undefined ? undefined : text + last)
  }

  #say(text: string): void {
    if (text !== '') this.#sink.onData(Buffer.from(text))
  }

  /** @param text the last event; undefined where the server left without an answer */
  #finish(text: string | undefined): void {
    if (text === undefined) {
      this.#fail(
        new GatewayError('AGW_RELAY_INTERRUPTED', { upstream: this.#target.upstream.name }),
      )
      return
    }
    this.#say(text)
    this.#isOver = true
    this.#answering?.exchange.abort()
    this.#sink.onEnd()
  }

  #answer({ head, exchange }: Answering, status: number, text: string): void {
    const body = Buffer.from(text)
    const rawHeaders = [...withoutBodyHeaders(head), 'content-type', 'application/json']
    rawHeaders.push('content-length', String(body.length))
    this.#isOver = true
    this.#sink.onHead(
      { ...head, status, statusText: STATUS_TEXTS[status] ?? '', rawHeaders },
      exchange,
    )
    this.#sink.onData(body)
    this.#sink.onEnd()
  }

  #break(what: string): void {
    const { name } = this.#target.upstream
    const detail = `Upstream '${name}' ${what}`
    this.#fail(new GatewayError('AGW_UPSTREAM_PROTOCOL', { upstream: name, detail }))
  }

  #fail(error: GatewayError): void {
    this.#isOver = true
    this.#answering?.exchange.abort()
    this.#sink.onError(error)
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
