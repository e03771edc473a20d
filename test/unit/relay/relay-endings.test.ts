import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { assertShallow } from '../../../src/json/json-depth.ts'
import type { RunResumer } from '../../../src/relay/reattachment.ts'
import { Relay } from '../../../src/relay/relay.ts'
import type { Exchange, ResponseSink } from '../../../src/upstream/exchange.ts'
import { catchUp, events } from '../../support/background-run.ts'

/** A response that records what the relay writes to it. */
class RecordingResponse extends EventEmitter {
  writableEnded = false
  destroyed = false
  headersSent = false
  /** Bytes that the caller has not read yet. */
  writableLength = 0
  timeout: { readonly ms: number; readonly onPassed: () => void } | undefined
  body = ''
  ends = 0
  writeHead() {
    this.headersSent = true
  }
  flushHeaders() {}
  setTimeout(ms: number, onPassed: () => void) {
    this.timeout = { ms, onPassed }
  }
  destroy() {
    this.destroyed = true
  }
  write(bytes: Buffer | string) {
    this.body += bytes.toString()
    return true
  }
  end(bytes: Buffer | string = '') {
    this.write(bytes)
    this.ends++
    this.writableEnded = true
  }
}

function relayTo(response: RecordingResponse, resumer?: RunResumer, heartbeatTicks = 0) {
  const refusals: GatewayError[] = []
  const relay = new Relay(response as unknown as ServerResponse, {
    headers: [],
    heartbeatTicks,
    streamIdleMs: 7,
    run: { kind: 'agents', componentId: 'echo' },
    resumer,
    onRefused: (error) => refusals.push(error),
  })
  return { relay, refusals }
}

function exchange() {
  const calls: (string | number)[] = []
  const one: Exchange = {
    abort: () => void calls.push('abort'),
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
    limitSilence: (ms) => void calls.push(ms),
  }
  return { one, calls }
}

const STREAM = ['content-type', 'text/event-stream']
const headOf = (rawHeaders: readonly string[]) => ({
  status: 200,
  statusText: 'OK',
  rawHeaders,
  replicaUrl: 'http://a',
})
const turn = () => new Promise(setImmediate)

test('an upstream answer is aborted when the response has already ended', () => {
  const response = new RecordingResponse()
  response.writableEnded = true
  const { one, calls } = exchange()
  relayTo(response).relay.onHead(headOf(STREAM), one)
  expect(calls).toEqual(['abort'])
  expect(response.headersSent).toBe(false)
})

test('a detached run is read to its end and nothing is written', async () => {
  const response = new RecordingResponse()
  const { one, calls } = exchange()
  const { relay } = relayTo(response)
  let ends = 0
  relay.detach(() => ends++)
  relay.onHead(headOf(STREAM), one)
  relay.onData(Buffer.from(events(0, 2)))
  await turn()
  expect(calls).toEqual([7])
  expect(ends).toBe(0)
  relay.onEnd()
  expect(ends).toBe(1)
  expect([response.headersSent, response.body]).toEqual([false, ''])
})

test('a detached run that fails ends without an answer', () => {
  const response = new RecordingResponse()
  const { relay, refusals } = relayTo(response)
  let ends = 0
  relay.detach(() => ends++)
  const error = new GatewayError('AGW_UPSTREAM_RESET')
  relay.onError(error)
  expect(ends).toBe(1)
  expect(relay.outcome.error).toBe(error)
  expect([refusals, response.body, response.ends]).toEqual([[], '', 0])
})

test('an error after a failed write of the head answers AGW_UPSTREAM_PROTOCOL', () => {
  const cause = new Error('a head no answer can have')
  const { relay, refusals } = relayTo(new RecordingResponse())
  relay.onError(new GatewayError('AGW_RELAY_INTERRUPTED', { upstream: 'research', cause }))
  expect(refusals).toMatchObject([{ code: 'AGW_UPSTREAM_PROTOCOL', upstream: 'research', cause }])
})

test('the response ends with the last byte of its content-length', () => {
  const response = new RecordingResponse()
  const { relay } = relayTo(response)
  relay.onHead(headOf(['content-type', 'application/json', 'content-length', '4']), exchange().one)
  relay.onData(Buffer.from('[1'))
  relay.onData(Buffer.from(',]'))
  relay.onEnd()
  expect([response.body, response.ends]).toEqual(['[1,]', 1])
})

test('resumed events without JSON data do not stop later ones', async () => {
  const response = new RecordingResponse()
  let resumed: ResponseSink | undefined
  const second = exchange()
  const { relay } = relayTo(response, {
    attempts: 3,
    resumedFrom: undefined,
    resume: (_position, _head, sink) => {
      resumed = sink
      return second.one
    },
  })
  relay.onHead(headOf(STREAM), exchange().one)
  relay.onData(Buffer.from(events(0, 2)))
  relay.onError(new GatewayError('AGW_RELAY_INTERRUPTED'))
  resumed?.onHead(headOf(STREAM), second.one)
  resumed?.onData(
    Buffer.from(`${catchUp}event: odd\n\nevent: text\ndata: no JSON\n\n${events(3, 5)}`),
  )
  await turn()
  expect(response.body).toContain(events(3, 5))
})

test('a resumed stream keeps its heartbeats', () => {
  const response = new RecordingResponse()
  let resumed: ResponseSink | undefined
  const second = exchange()
  const resume: RunResumer['resume'] = (_position, _head, sink) => {
    resumed = sink
    return second.one
  }
  const { relay } = relayTo(response, { attempts: 3, resumedFrom: undefined, resume }, 2)
  relay.onHead(headOf(STREAM), exchange().one)
  relay.onData(Buffer.from(events(0, 1)))
  relay.onError(new GatewayError('AGW_RELAY_INTERRUPTED'))
  resumed?.onTick?.(2)
  expect(response.body).toContain(': heartbeat\n')
})

test('a caller that stops reading is disconnected after the stream idle time', () => {
  const response = new RecordingResponse()
  response.writableLength = 10
  const { relay } = relayTo(response)
  relay.onHead(headOf(['content-length', '2']), exchange().one)
  relay.onData(Buffer.from('ok'))
  expect(response.timeout?.ms).toBe(7)
  expect(response.destroyed).toBe(false)
  response.timeout?.onPassed()
  expect(response.destroyed).toBe(true)
})

test('an unterminated JSON string passes the depth check', () => {
  expect(() => assertShallow('{"a": "[[[')).not.toThrow()
})
