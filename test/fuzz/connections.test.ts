/** Random bytes on real connections, with a gateway between a raw client and a raw upstream. */

import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import fc from 'fast-check'
import { afterAll, expect } from 'vitest'
import { buildApp } from '../../app.ts'
import { areaLogs } from '../../plugins/logs.ts'
import { configOf } from '../support/gateway.ts'
import { LogCapture } from '../support/log-capture.ts'
import { holds, inPieces, madeOf } from './property.ts'

/** The raw answer to the next connection of the upstream, which then closes. */
let answer: readonly Buffer[] = []
const upstream = createServer((socket) => {
  socket.on('error', () => {})
  socket.once('data', async () => {
    await writeAll(socket, answer)
    socket.end()
  })
})
upstream.listen(0, '127.0.0.1')
await once(upstream, 'listening')

/** The gateway's own requests, which may come at any time. */
const DISCOVERY = new Set(
  ['config', 'info', 'agents', 'teams', 'workflows', 'health'].map((path) => `GET /${path}`),
)
/** An upstream that records the requests it reads with Node's strict parser. */
const received: { readonly line: string; readonly body: Buffer }[] = []
const recorder = createHttpServer(async (request, response) => {
  const body = Buffer.concat((await request.toArray()) as Buffer[])
  const line = `${request.method} ${request.url}`
  if (!DISCOVERY.has(line)) received.push({ line, body })
  response.writeHead(200, { 'content-length': 2 }).end('{}')
})
recorder.listen(0, '127.0.0.1')
await once(recorder, 'listening')

const urlOf = (server: { address(): unknown }) =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const config = configOf({
  agents: [
    { base_url: urlOf(upstream), agent_id: 'raw' },
    { base_url: urlOf(recorder), agent_id: 'echo' },
  ],
  stream_idle_timeout: 5,
  timeout: 5,
  header_timeout: 2,
})
const app = await buildApp({ config, logs: areaLogs(new LogCapture().logger, config.log) })
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as AddressInfo
afterAll(async () => {
  app.server.closeAllConnections()
  await app.close()
  upstream.close()
  recorder.close()
  recorder.closeAllConnections()
})

/** Writes one piece per turn of the event loop, so that the pieces arrive separately. */
async function writeAll(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (piece.length > 0) socket.write(piece)
    await new Promise(setImmediate)
  }
}

/**
 * Returns all bytes that the gateway sends on a new connection until it closes it.
 *
 * @param ends the caller ends its side, for requests that may be incomplete
 */
async function said(pieces: readonly Buffer[], ends = false): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'connect')
  await writeAll(socket, pieces)
  if (ends) socket.end()
  await closed
  return Buffer.concat(chunks)
}

const HEALTH = Buffer.from('GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
const isUp = async () => (await said([HEALTH])).toString('latin1').startsWith('HTTP/1.1 200 ')

/** Returns the body of an answer with chunked framing or none. */
function bodyOf(message: Buffer): Buffer {
  const at = message.indexOf('\r\n\r\n')
  if (!/\r\ntransfer-encoding: chunked/i.test(message.toString('latin1', 0, at)))
    return message.subarray(at + 4)
  const parts: Buffer[] = []
  let start = at + 4
  for (;;) {
    const end = message.indexOf('\r\n', start)
    const length = end === -1 ? 0 : Number.parseInt(message.toString('latin1', start, end), 16)
    if (!(length > 0)) return Buffer.concat(parts)
    parts.push(message.subarray(end + 2, end + 2 + length))
    start = end + 4 + length
  }
}

const RUN = (agent: string) =>
  Buffer.from(
    `POST /agents/${agent}/runs HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 9\r\n\r\nmessage=a`,
  )
const events = madeOf(
  ['\n', '\n\n', '\r\n', ': c', 'data: {"a":1}', 'event: RunContent', '\u0000', '\u00ff'],
  30,
)

holds(
  'an event stream in any pieces arrives byte for byte',
  2_000,
  inPieces(events),
  async (pieces) => {
    const head = Buffer.from(
      'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n',
    )
    answer = [head, ...pieces]
    const whole = Buffer.concat(pieces)
    expect(bodyOf(await said([RUN('raw')])).equals(whole)).toBe(true)
  },
)

const ANSWER_PIECES = [
  ...[
    'HTTP/1.1 200 OK',
    'HTTP/1.1 999',
    'HTTP/0.9',
    'HTTP/1.1 103 Early Hints',
    '\r\n',
    '\r\n\r\n',
    '\n',
  ],
  ...[
    'content-length: 5',
    'content-length: -1',
    'transfer-encoding: chunked',
    'connection: close',
    'hello',
  ],
  ...[
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    'zz\r\n',
    ': ',
    '\u0000',
    'x: \u00ff',
    'content-type: application/json',
  ],
]
holds(
  'an upstream that answers random bytes does not break the gateway',
  4_000,
  inPieces(madeOf(ANSWER_PIECES, 12)),
  async (pieces) => {
    answer = pieces
    const text = (await said([RUN('raw')])).toString('latin1')
    expect(text === '' || text.startsWith('HTTP/1.1 ')).toBe(true)
    expect(text).not.toMatch(/^HTTP\/1\.1 500 /)
    expect(text).not.toContain('127.0.0.1')
    expect(await isUp()).toBe(true)
  },
)

const REQUEST_PIECES = [
  ...[
    'GET ',
    'POST ',
    '/agents/echo/runs',
    '/health',
    ' HTTP/1.1',
    ' HTTP/1.0',
    '\r\n',
    '\r\n\r\n',
    '\n',
  ],
  ...[
    'host: x',
    'content-length: 9',
    'Content-Length: 3',
    'transfer-encoding: chunked',
    'connection: close',
  ],
  ...[
    'transfer-encoding : chunked',
    'Transfer-Encoding: xchunked',
    '9\r\nmessage=a\r\n',
    '0\r\n\r\n',
    '3;x=y\r\n',
  ],
  ...[
    'message=a',
    ' folded',
    ': ',
    'x: \u0000',
    '\u00ff',
    'POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\n',
  ],
]
holds(
  'a caller that sends random bytes does not break the gateway',
  4_000,
  inPieces(madeOf(REQUEST_PIECES, 14)),
  async (pieces) => {
    const text = (await said(pieces, true)).toString('latin1')
    expect(text).not.toMatch(/^HTTP\/1\.1 5\d\d /m)
    expect(await isUp()).toBe(true)
  },
)

/** Ambiguous or missing body lengths. Each is one request for any server that accepts it. */
const FRAMINGS = [
  ['content-length: 9', 'message=a'],
  ['content-length: 9\r\ncontent-length: 9', 'message=a'],
  ['content-length: 9\r\ncontent-length: 4', 'message=a'],
  ['content-length: +9', 'message=a'],
  ['content-length: 0x9', 'message=a'],
  ['content-length: 9, 9', 'message=a'],
  ['transfer-encoding: chunked', '9\r\nmessage=a\r\n0\r\n\r\n'],
  ['transfer-encoding: chunked\r\ncontent-length: 4', '9\r\nmessage=a\r\n0\r\n\r\n'],
  ['content-length: 4\r\ntransfer-encoding: chunked', '9\r\nmessage=a\r\n0\r\n\r\n'],
  ['transfer-encoding: gzip, chunked', '9\r\nmessage=a\r\n0\r\n\r\n'],
  ['transfer-encoding: chunked, identity', '9\r\nmessage=a\r\n0\r\n\r\n'],
  ['transfer-encoding:\u000bchunked', '9\r\nmessage=a\r\n0\r\n\r\n'],
  ['transfer-encoding: chunked', '9;a=b\r\nmessage=a\r\n0\r\nx: y\r\n\r\n'],
  ['transfer-encoding: chunked', '09\nmessage=a\r\n0\r\n\r\n'],
  ['transfer-encoding: chunked', 'ffffffffffffffff9\r\nmessage=a\r\n0\r\n\r\n'],
] as const
const framed = fc.tuple(
  fc.constantFrom(...FRAMINGS),
  fc.boolean(),
  fc.constantFrom('', 'x: y\r\n', 'Expect: 100-continue\r\n'),
)
holds(
  'a request of ambiguous length reaches the upstream at most once',
  1_500,
  framed,
  async ([[head, body], isFollowed, extra]) => {
    received.length = 0
    const type = 'content-type: application/x-www-form-urlencoded'
    const first = `POST /agents/echo/runs HTTP/1.1\r\nhost: x\r\n${extra}${type}\r\n${head}\r\n\r\n${body}`
    const next = isFollowed
      ? 'GET /agents/echo/runs?second HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'
      : ''
    await said([Buffer.from(first + next, 'latin1')], !isFollowed)
    for (const { line, body: got } of received) {
      expect(line).toMatch(/^(?:POST \/agents\/echo\/runs|GET \/agents\/echo\/runs\?second)$/)
      expect(got.toString()).toBe(line.startsWith('POST') ? 'message=a' : '')
    }
  },
)
