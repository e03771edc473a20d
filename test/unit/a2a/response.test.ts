import { expect, test } from 'vitest'
import type { AnswerForm } from '../../../src/a2a/request.ts'
import { A2aResponse } from '../../../src/a2a/response.ts'
import type { GatewayError } from '../../../src/errors.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../../../src/upstream/exchange.ts'
import { targetOf } from './support.ts'

/** Records everything it receives. */
class Notes implements ResponseSink {
  head: ResponseHead | undefined
  exchange: Exchange | undefined
  text = ''
  readonly ends: (GatewayError | 'end')[] = []
  ticks = 0

  onHead(head: ResponseHead, exchange: Exchange): void {
    this.head = head
    this.exchange = exchange
  }

  onData(chunk: Buffer): void {
    this.text += chunk.toString()
  }

  onEnd(): void {
    this.ends.push('end')
  }

  onError(error: GatewayError): void {
    this.ends.push(error)
  }

  onTick(): void {
    this.ticks++
  }
}

function answering(answerForm: AnswerForm, contentType: string) {
  const notes = new Notes()
  const call = { method: 'POST', path: '', body: null, answerForm, namedIds: {} } as const
  const exchange = { abort() {}, pause() {}, resume() {}, limitSilence() {} }
  const answer = new A2aResponse(targetOf(), call, notes, () => false)
  const rawHeaders = ['Content-Type', contentType, 'X-Own', '1', 'Content-Length', '9']
  answer.onHead({ status: 200, statusText: 'OK', rawHeaders, replicaUrl: 'http://adk' }, exchange)
  return { answer, notes, exchange }
}

const sse = (result: object) =>
  Buffer.from(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result })}\n\n`)
const said = (text: string) => ({ kind: 'message', taskId: 't', parts: [{ kind: 'text', text }] })
const status = (state: string) => ({ kind: 'status-update', taskId: 't', status: { state } })

test("a translated stream exposes the upstream's exchange for back-pressure", () => {
  const { notes, exchange } = answering('events', 'text/event-stream; charset=utf-8')
  expect(notes.exchange).toBe(exchange)
  expect(notes.head?.rawHeaders).toEqual(['X-Own', '1', 'content-type', 'text/event-stream'])
})

test('events cut at any byte are translated whole', () => {
  const { answer, notes } = answering('events', 'text/event-stream')
  const bytes = Buffer.concat([sse(said('größer ')), sse(said('😀')), sse(status('completed'))])
  for (const byte of bytes) answer.onData(Buffer.from([byte]))
  answer.onEnd()
  expect(notes.text).toContain('"content":"größer 😀"')
  expect(notes.ends).toEqual(['end'])
})

test('nothing is sent after the end of an answer', () => {
  const { answer, notes } = answering('events', 'text/event-stream')
  answer.onData(sse(status('completed')))
  answer.onEnd()
  const { text } = notes
  answer.onData(sse(said('late')))
  answer.onTick(100)
  answer.onEnd()
  expect({ text: notes.text, ends: notes.ends, ticks: notes.ticks }).toEqual({
    text,
    ends: ['end'],
    ticks: 0,
  })
})

test('ticks reach the reader until the run ends', () => {
  const { answer, notes } = answering('events', 'text/event-stream')
  answer.onData(sse(status('working')))
  answer.onTick(1_000)
  expect(notes.ticks).toBe(1)
  answer.onData(sse(status('completed')))
  answer.onTick(0)
  expect(notes.ticks).toBe(2)
  answer.onTick(1_000)
  expect(notes.ends).toEqual(['end'])
})

test('event text beyond the size limit ends the run with an error', () => {
  const { answer, notes } = answering('events', 'text/event-stream')
  const much = sse(said('x'.repeat(12 * 1024 * 1024)))
  for (let i = 0; i < 3; i++) answer.onData(much)
  expect(notes.ends).toMatchObject([{ code: 'AGW_UPSTREAM_PROTOCOL' }])
})

test('a whole answer beyond the size limit is refused', () => {
  const { answer, notes } = answering('output', 'application/json')
  for (let i = 0; i < 3; i++) answer.onData(Buffer.alloc(12 * 1024 * 1024))
  expect(notes.ends).toMatchObject([{ code: 'AGW_UPSTREAM_PROTOCOL' }])
  expect(notes.head).toBeUndefined()
})

test('an error before the answer is passed on', () => {
  const { answer, notes } = answering('card', 'application/json')
  const error = { code: 'AGW_UPSTREAM_RESET' } as GatewayError
  answer.onError(error)
  expect(notes.ends).toEqual([error])
})
