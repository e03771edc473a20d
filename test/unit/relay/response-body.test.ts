import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { writeBody } from '../../../src/relay/response-body.ts'

/** Starts a server whose responses the test writes, and sends it the requests over one connection. */
async function answering(requests: string) {
  const answers: ServerResponse[] = []
  const server = createServer((_request, response) => answers.push(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => {
    client.destroy()
    server.close()
    server.closeAllConnections()
  })
  client.write(requests)
  await expect.poll(() => answers.length).toBe(requests.split('\r\n\r\n').length - 1)
  return { client, answers: answers as [ServerResponse, ...ServerResponse[]] }
}

const ASKED = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'
const event = (n: number) => Buffer.from(`data: ${n}\n\n`)

async function bodyOf(client: ReturnType<typeof connect>, ends: string): Promise<string> {
  let text = ''
  for await (const chunk of client) {
    text += String(chunk)
    if (text.endsWith(ends)) break
  }
  return text.slice(text.indexOf('\r\n\r\n') + 4)
}

/** Joins the chunks of a body (RFC 9112 §7.1). Node 26 puts several writes of one turn into one chunk, older ones do not. */
function withoutChunks(body: string): string {
  const size = Number.parseInt(body, 16)
  if (size === 0) return ''
  const start = body.indexOf('\r\n') + 2
  return body.slice(start, start + size) + withoutChunks(body.slice(start + size + 2))
}

test('body pieces leave in order as chunks, merged or not', async () => {
  const { client, answers } = await answering(ASKED)
  const [response] = answers
  response.writeHead(200)
  writeBody(response, [event(1)], false)
  writeBody(response, [event(2)], true)
  writeBody(response, [Buffer.alloc(0)], true)
  writeBody(response, [Buffer.alloc(20_000, 'x')], true)
  writeBody(response, [event(3)], true)
  response.end()
  const body = withoutChunks(await bodyOf(client, '0\r\n\r\n'))
  expect(body).toBe(`data: 1\n\ndata: 2\n\n${'x'.repeat(20_000)}data: 3\n\n`)
})

test('a pipelined response waits for the one before it', async () => {
  const { client, answers } = await answering(ASKED + ASKED)
  const [first, second] = answers as [ServerResponse, ServerResponse]
  second.writeHead(200)
  second.flushHeaders()
  writeBody(second, [event(2)], true)
  second.end()
  first.writeHead(200, { 'content-length': '9' })
  writeBody(first, [event(1)], true)
  first.end()
  const text = await bodyOf(client, '0\r\n\r\n')
  expect(text.startsWith('data: 1\n\nHTTP/1.1 200 OK\r\n')).toBe(true)
  expect(text.endsWith('9\r\ndata: 2\n\n\r\n0\r\n\r\n')).toBe(true)
})

test('writing to a full connection returns the socket that emits drain', async () => {
  const { client, answers } = await answering(ASKED)
  const [response] = answers
  response.writeHead(200)
  response.flushHeaders()
  const piece = Buffer.alloc(10_000, 'x')
  let full: ReturnType<typeof writeBody<ServerResponse>>
  while (full === undefined) full = writeBody(response, [piece], true)
  const drained = once(full, 'drain')
  client.resume()
  await drained
  expect(writeBody(response, [piece], true)).toBeUndefined()
  response.end()
  await once(response, 'finish')
  expect(full).toBe(response.req.socket)
})

test('writing to a destroyed connection does not throw', async () => {
  const { answers } = await answering(ASKED)
  const [response] = answers
  response.writeHead(200)
  response.flushHeaders()
  response.req.socket.destroy()
  expect(() => writeBody(response, [event(1)], true)).not.toThrow()
})
