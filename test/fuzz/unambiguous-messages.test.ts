/** Random bytes in both directions: everything the gateway sends can be parsed in one way only. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { holds } from './property.ts'
import type { StrictMessage } from './strict-reader.ts'
import {
  exchange,
  finalAnswers,
  gatewayFor,
  OK,
  readStrictly,
  startRecorder,
} from './strict-reader.ts'

const upstream = await startRecorder()
const gateway = await gatewayFor({
  upstreams: [{ name: 'a', url: upstream.url, discover: false }],
  agents: [{ upstream: 'a', agent_id: 'echo' }],
  timeout: '5s',
})

/** Excludes requests that the gateway sends on its own. */
const isOfCaller = ({ headers }: StrictMessage) =>
  headers.some(([name]) => name === 'x-forwarded-for')

const RUN = 'POST /agents/echo/runs HTTP/1.1'
const ASKED = `${RUN}\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`
const line = fc.oneof(
  fc.constantFrom(
    RUN,
    'GET /agents/echo/runs/r HTTP/1.1',
    'GET /x HTTP/1.0',
    'DELETE /sessions HTTP/1.1',
  ),
  fc.constantFrom(
    'GET http://other/x HTTP/1.1',
    'CONNECT a:1 HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'GET /x',
  ),
  fc.constantFrom('PRI * HTTP/2.0', 'GET  /x HTTP/1.1', 'GET /x HTTP/1.1 ', 'get /x HTTP/1.1', ''),
  fc.string({ maxLength: 8 }).map((text) => `GET /${text} HTTP/1.1`),
)
const header = fc.oneof(
  fc.constantFrom('host: x', 'Host: y', 'connection: close', 'connection: content-length, x-a'),
  fc.constantFrom(
    'content-length: 5',
    'content-length: 0',
    'Content-Length: 5, 5',
    'content-length: +5',
  ),
  fc.constantFrom(
    'content-length : 5',
    'content-length: 0x5',
    'content-length: 5\r\n 6',
    'content-length:',
  ),
  fc.constantFrom(
    'transfer-encoding: chunked',
    'Transfer-Encoding : chunked',
    'transfer-encoding: xchunked',
  ),
  fc.constantFrom(
    'transfer-encoding: chunked, identity',
    'transfer-encoding:\x0bchunked',
    'te: trailers',
  ),
  fc.constantFrom(
    'transfer-encoding: "chunked"',
    'transfer-encoding: chunked\r\ntransfer-encoding: x',
  ),
  fc.constantFrom('upgrade: h2c', 'upgrade: websocket', 'expect: 100-continue', 'trailer: x-a'),
  fc.constantFrom(
    'x-a: b\rset-cookie: c',
    'x-a: \x00',
    ' folded: 1',
    'x a: 1',
    ': 1',
    'x-a',
    'x-é: 1',
  ),
  fc.constantFrom(
    'content-type: application/json',
    'content-type: application/x-www-form-urlencoded',
  ),
  fc.stringMatching(/^[A-Za-z-]{1,6}: ?[ -~]{0,12}$/),
)
const eol = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n')
const body = fc.oneof(
  fc.constantFrom('hello', '', '5\r\nhello\r\n0\r\n\r\n', '5;a=b\r\nhello\r\n0\r\nx-t: 1\r\n\r\n'),
  fc.constantFrom(
    '5 \r\nhello\r\n0\r\n\r\n',
    '0x5\r\nhello\r\n0\r\n\r\n',
    '5\nhello\n0\n\n',
    '-1\r\n',
  ),
  fc.constantFrom('fffffffffffffffff\r\nhello', '0\r\n\r\nGET /hidden HTTP/1.1\r\nhost: x\r\n\r\n'),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const request = fc
  .tuple(line, fc.array(header, { maxLength: 6 }), fc.infiniteStream(eol), eol, body)
  .map(([first, headers, ends, last, content]) => {
    const lines = [first, ...headers].map((each) => each + (ends.next().value ?? '\r\n'))
    return lines.join('') + last + content
  })

/** Almost valid requests, most of which are forwarded. */
const plain = fc
  .tuple(
    fc.array(header, { maxLength: 2 }),
    fc.constantFrom('content-length: 5', 'transfer-encoding: chunked'),
  )
  .map(([more, length]) => {
    const content = length.startsWith('t') ? '5\r\nhello\r\n0\r\n\r\n' : 'hello'
    return `${[RUN, 'host: x', ...more, length].join('\r\n')}\r\n\r\n${content}`
  })

holds(
  'any bytes of a caller become unambiguous requests or none',
  3_000,
  fc.array(fc.oneof(request, plain), { minLength: 1, maxLength: 2 }),
  async (requests) => {
    const answer = await exchange(gateway.port, requests)
    gateway.assertUnhurt(answer, upstream)
    const answers = finalAnswers(answer)
    expect(answers.filter(({ start }) => start.startsWith('HTTP/1.1 500'))).toEqual([])
    const reached = upstream.take().filter(isOfCaller)
    for (const { headers } of reached) {
      expect(headers.filter(([name]) => name === 'host')).toHaveLength(1)
      expect(headers.filter(([name]) => name === 'x-request-id')).toHaveLength(1)
    }
  },
)

const status = fc.constantFrom(
  ...['HTTP/1.1 200 OK', 'HTTP/1.0 200 OK', 'HTTP/1.1 204 x', 'HTTP/1.1 304 x', 'HTTP/1.1 999 é'],
  ...['HTTP/1.1 20 OK', 'HTTP/2 200', 'HTTP/1.1 101 Switching', 'SSH-2.0', ''],
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK',
)
const raw = fc
  .tuple(status, fc.array(header, { maxLength: 5 }), fc.infiniteStream(eol), eol, body)
  .map(([first, headers, ends, last, content]) => {
    const lines = [first, ...headers].map((each) => each + (ends.next().value ?? '\r\n'))
    return lines.join('') + last + content
  })

holds('any bytes of an upstream become one unambiguous answer', 2_000, raw, async (bytes) => {
  upstream.answering = (socket, { start }) =>
    void (start.startsWith('POST') ? socket.end(Buffer.from(bytes, 'latin1')) : socket.write(OK))
  const answer = await exchange(gateway.port, [ASKED], true)
  gateway.assertUnhurt(answer, upstream)
  const { messages } = readStrictly(answer)
  expect(messages.length).toBeLessThanOrEqual(1)
  expect(messages.filter(({ start }) => start.startsWith('HTTP/1.1 500'))).toEqual([])
})
