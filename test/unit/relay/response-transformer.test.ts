import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import type { ResponseTransform } from '../../../src/relay/response-transformer.ts'
import { ResponseTransformer } from '../../../src/relay/response-transformer.ts'
import { DECODED_CODINGS } from '../../../src/upstream/decoder.ts'
import type { Exchange, ResponseHead, ResponseSink } from '../../../src/upstream/exchange.ts'

const exchange: Exchange = { abort() {}, pause() {}, resume() {}, limitSilence() {} }

/** Returns a transformer and everything its sink received. */
function tapped(use: ResponseTransform) {
  const out: string[] = []
  const heads: ResponseHead[] = []
  let bytes = 0
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const sink: ResponseSink = {
    onHead: (head) => {
      heads.push(head)
      out.push('head')
    },
    onData: (chunk) => {
      bytes += chunk.length
      out.push(chunk.length < 1000 ? chunk.toString() : `${chunk.length} bytes`)
    },
    onEnd: () => {
      out.push('end')
      resolve()
    },
    onError: (error) => {
      out.push(error.code)
      resolve()
    },
    onTick: (ticks) => out.push(`tick ${ticks}`),
  }
  return { tap: new ResponseTransformer(sink, use, 'a'), out, heads, over, bytes: () => bytes }
}

const headOf = (type: string, status = 200, more: string[] = []): ResponseHead => ({
  status,
  statusText: 'OK',
  rawHeaders: ['Content-Type', type, 'Content-Length', '7', ...more],
  replicaUrl: 'http://upstream',
})

const shout = (body: Buffer) => Buffer.from(body.toString().toUpperCase())

test('a JSON body is rewritten whole and gets a new length', () => {
  const { tap, out, heads } = tapped({ rewrite: (body) => Buffer.concat([body, Buffer.from('!')]) })
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
  ['compressed but no JSON', headOf('image/png', 200, ['content-encoding', 'gzip'])],
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

const names = (key: string, value: string) => (key === 'agent_id' ? `eu-${value}` : undefined)

test('a short renamed body gets a new content-length', () => {
  const { tap, out, heads } = tapped({ rename: { names } })
  tap.onHead(headOf('application/json'), exchange)
  tap.onData(Buffer.from('{"agent_id":"'))
  tap.onTick(1)
  tap.onData(Buffer.from('a"}'))
  tap.onEnd()
  expect(out).toEqual(['head', '{"agent_id":"eu-a"}', 'end'])
  expect(heads[0]?.rawHeaders).toEqual(['Content-Type', 'application/json', 'content-length', '19'])
})

test('a long body is renamed chunk by chunk without a content-length', () => {
  const read: unknown[] = []
  const onComplete = (...told: unknown[]) => read.push(told)
  const { tap, heads, bytes } = tapped({ rename: { names, owner: 'agents' }, onComplete })
  tap.onHead(headOf('application/json'), exchange)
  tap.onData(Buffer.from('{"a":"'))
  for (let i = 0; i < 40; i++) tap.onData(Buffer.alloc(1024 * 1024, 'x'))
  tap.onTick(1)
  tap.onData(Buffer.from('","agent_id":"a"}'))
  tap.onEnd()
  expect(bytes()).toBe(6 + 40 * 1024 * 1024 + 20)
  expect(heads[0]?.rawHeaders).toEqual(['Content-Type', 'application/json'])
  expect(read).toEqual([[200, undefined]])
})

test('a HEAD answer omits the content-length of a renamed body', () => {
  const { tap, out, heads } = tapped({ rename: { names } })
  tap.onHead(headOf('application/json'), exchange)
  tap.onEnd()
  expect(out).toEqual(['head', 'end'])
  expect(heads[0]?.rawHeaders).toEqual(['Content-Type', 'application/json'])
})

test('events are renamed across chunk borders', () => {
  const { tap, out } = tapped({ renameEvents: names })
  tap.onHead(headOf('text/event-stream; charset=utf-8'), exchange)
  for (const part of ['event: a\nda', 'ta: {"agent_id":"a"}\n', '\ndata: {"agent_id":"b'])
    tap.onData(Buffer.from(part))
  tap.onEnd()
  expect(out.join('')).toBe('headevent: a\ndata: {"agent_id":"eu-a"}\n\ndata: {"agent_id":"bend')
})

const CODED = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['br, gzip', (body: Buffer) => gzipSync(brotliCompressSync(body))],
  ['zstd', zstdCompressSync],
] as const

/** Node 22 does not detect an incomplete zstd body, so the gateway decodes none there. */
const DECODED = CODED.filter(([coding]) => coding !== 'zstd' || DECODED_CODINGS.includes(coding))

describe.each(DECODED)('bodies in the unrequested coding %s', (coding, code) => {
  const coded = ['content-encoding', coding]

  test('a body in an unrequested coding is decoded and renamed', async () => {
    const { tap, out, heads, over } = tapped({ rename: { names } })
    tap.onHead(headOf('application/json', 200, coded), exchange)
    for (const byte of code(Buffer.from('{"agent_id":"a"}'))) tap.onData(Buffer.of(byte))
    tap.onEnd()
    await over
    expect(out).toEqual(['head', '{"agent_id":"eu-a"}', 'end'])
    expect(heads[0]?.rawHeaders).toEqual([
      'Content-Type',
      'application/json',
      'content-length',
      '19',
    ])
  })
})

test.each(CODED)('a broken body in the unrequested coding %s is refused', async (coding, code) => {
  const { tap, out, over } = tapped({ rename: { names } })
  tap.onHead(headOf('application/json', 200, ['content-encoding', coding]), exchange)
  tap.onData(code(Buffer.from('{"agent_id":"a"}')).subarray(0, -6))
  tap.onEnd()
  await over
  expect(out).toEqual(['AGW_UPSTREAM_PROTOCOL'])
})

test('compressed events without a request for it are decoded and renamed', async () => {
  const { tap, out, heads, over } = tapped({ renameEvents: names })
  tap.onHead(headOf('text/event-stream', 200, ['content-encoding', 'gzip']), exchange)
  tap.onData(gzipSync('data: {"agent_id":"a"}\n\n'))
  tap.onEnd()
  await over
  expect(out).toEqual(['head', 'data: {"agent_id":"eu-a"}\n\n', 'end'])
  expect(heads[0]?.rawHeaders).toEqual(['Content-Type', 'text/event-stream'])
})

test('a body in an unknown coding is refused', async () => {
  const { tap, out, over } = tapped({ rename: { names } })
  tap.onHead(headOf('application/json', 200, ['content-encoding', 'lzma']), exchange)
  tap.onData(Buffer.from('x'))
  await over
  expect(out).toEqual(['AGW_UPSTREAM_PROTOCOL'])
})

test('a body that is rewritten later ends after its last byte', async () => {
  const { tap, out, over } = tapped({ rewrite: async (body) => shout(body) })
  tap.onHead(headOf('application/json'), exchange)
  tap.onData(Buffer.from('{"a":1}'))
  tap.onEnd()
  expect(out).toEqual([])
  await over
  expect(out).toEqual(['head', '{"A":1}', 'end'])
})

test('a failed rewriting is an internal error', async () => {
  const { tap, out, over } = tapped({ rewrite: () => Promise.reject(new Error('x')) })
  tap.onHead(headOf('application/json'), exchange)
  tap.onEnd()
  await over
  expect(out).toEqual(['AGW_INTERNAL'])
})

test('the transformer passes an upstream error on', () => {
  const { tap, out } = tapped({ rewrite: shout })
  tap.onError(new GatewayError('AGW_UPSTREAM_RESET'))
  expect(out).toEqual(['AGW_UPSTREAM_RESET'])
})

test('a compressed body passes backpressure and limits on to the upstream', async () => {
  const calls: string[] = []
  const upstream: Exchange = {
    abort: () => calls.push('abort'),
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
    limitSilence: (ms) => calls.push(`limit ${ms}`),
  }
  let given: Exchange | undefined
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const sink: ResponseSink = {
    onHead: (_head, exchange) => {
      given = exchange
    },
    onData: () => {},
    onEnd: resolve,
    onError: () => resolve(),
  }
  const tap = new ResponseTransformer(sink, { rewrite: shout }, 'a')
  tap.onHead(headOf('application/json', 200, ['Content-Encoding', 'gzip']), upstream)
  tap.onData(gzipSync('{}'))
  tap.onEnd()
  await over
  given?.limitSilence(5)
  given?.pause()
  given?.resume()
  given?.abort()
  expect(calls).toEqual(['limit 5', 'pause', 'resume', 'abort'])
})
