import { expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import type { ResponseTransform } from '../../../src/relay/response-transformer.ts'
import { ResponseTransformer } from '../../../src/relay/response-transformer.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../../../src/upstream/exchange.ts'

const exchange: Exchange = { abort() {}, pause() {}, resume() {}, limitSilence() {} }

/** Returns a tap and everything its sink received. */
function tapped(use: ResponseTransform) {
  const out: string[] = []
  const heads: ResponseHead[] = []
  let bytes = 0
  const sink: ResponseSink = {
    onHead: (head) => {
      heads.push(head)
      out.push('head')
    },
    onData: (chunk) => {
      bytes += chunk.length
      out.push(chunk.length < 1000 ? chunk.toString() : `${chunk.length} bytes`)
    },
    onEnd: () => out.push('end'),
    onError: (error) => out.push(error.code),
    onTick: (ticks) => out.push(`tick ${ticks}`),
  }
  return { tap: new ResponseTransformer(sink, use), out, heads, bytes: () => bytes }
}

const headOf = (type: string, status = 200, more: string[] = []): ResponseHead => ({
  status,
  statusText: 'OK',
  rawHeaders: ['Content-Type', type, 'Content-Length', '7', ...more],
  replicaUrl: 'http://upstream',
})

const shout = (text: string) => text.toUpperCase()

test('a JSON body is rewritten whole and gets a new length', () => {
  const { tap, out, heads } = tapped({ rewrite: (text) => `${text}!` })
  tap.onHead(headOf('application/json'), exchange)
  tap.onData(Buffer.from('{"a"'))
  tap.onTick(1)
  tap.onData(Buffer.from(':1}'))
  tap.onEnd()
  expect(out).toEqual(['head', '{"a":1}!', 'end'])
  expect(heads[0]?.rawHeaders).toEqual(['Content-Type', 'application/json', 'content-length', '8'])
})

test('a body that is only read passes on chunk by chunk', () => {
  const read: unknown[] = []
  const { tap, out } = tapped({ onComplete: (...told) => read.push(told) })
  tap.onHead(headOf('application/json; charset=utf-8', 201), exchange)
  tap.onData(Buffer.from('{"a"'))
  tap.onTick(3)
  tap.onData(Buffer.from(':1}'))
  tap.onEnd()
  expect(out).toEqual(['head', '{"a"', 'tick 3', ':1}', 'end'])
  expect(read).toEqual([[201, '{"a":1}']])
})

test.each([
  ['compressed', headOf('application/json', 200, ['content-encoding', 'gzip'])],
  ['refused', headOf('application/json', 404)],
  ['without content', headOf('application/json', 204)],
  ['not JSON', headOf('image/png')],
  ['an event stream nobody rewrites', headOf('text/event-stream')],
])('a response that is %s passes unchanged', (_, head) => {
  const read: unknown[] = []
  const { tap, out } = tapped({ rewrite: shout, onComplete: (...told) => read.push(told) })
  tap.onHead(head, exchange)
  tap.onData(Buffer.from('data: {"a":1}\n\n'))
  tap.onEnd()
  expect(out).toEqual(['head', 'data: {"a":1}\n\n', 'end'])
  expect(read).toEqual([[head.status, undefined]])
})

test('a response without a transform passes unchanged', () => {
  const { tap, out } = tapped({})
  tap.onHead(headOf('application/json'), exchange)
  tap.onData(Buffer.from('x'))
  tap.onEnd()
  expect(out).toEqual(['head', 'x', 'end'])
})

test('a body too long to rewrite passes unchanged', () => {
  const { tap, out, bytes } = tapped({ rewrite: shout })
  tap.onHead(headOf('application/json'), exchange)
  const chunk = Buffer.alloc(12 * 1024 * 1024, 'a')
  for (let i = 0; i < 4; i++) tap.onData(chunk)
  tap.onEnd()
  expect(out[0]).toBe('head')
  expect(out.at(-1)).toBe('end')
  expect(bytes()).toBe(4 * chunk.length)
})

test('a body too long to read is passed on and not kept', () => {
  const read: unknown[] = []
  const { tap, bytes } = tapped({ onComplete: (...told) => read.push(told) })
  tap.onHead(headOf('application/json'), exchange)
  for (let i = 0; i < 3; i++) tap.onData(Buffer.alloc(200_000))
  tap.onEnd()
  expect(read).toEqual([[200, undefined]])
  expect(bytes()).toBe(600_000)
})

test('events are rewritten one by one across chunk borders', () => {
  const { tap, out } = tapped({ rewriteEvent: shout })
  tap.onHead(headOf('text/event-stream; charset=utf-8'), exchange)
  for (const part of [
    'event: a\nda',
    'ta: {"a":1}\n',
    '\ndata: {broken}\n\n: note\n\ndata: {"b":2}',
  ])
    tap.onData(Buffer.from(part))
  tap.onEnd()
  expect(out.join('')).toBe(
    'headevent: a\ndata: {"A":1}\n\ndata: {broken}\n\n: note\n\ndata: {"B":2}end',
  )
})

test('the tap passes an upstream error on', () => {
  const { tap, out } = tapped({ rewrite: shout })
  tap.onError(new GatewayError('AGW_UPSTREAM_RESET'))
  expect(out).toEqual(['AGW_UPSTREAM_RESET'])
})
