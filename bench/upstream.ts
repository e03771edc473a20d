/**
 * A fast scripted AgentOS as a separate process, behind every measured peer. Its answers are framed as uvicorn frames them.
 * The message of a run controls it: `json`, `burst COUNT`, `paced COUNT EVERY_MS`, `clumps COUNT EVERY_MS SIZE`,
 * `download BYTES`; uploads are discarded.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import http from 'node:http'

const CARD = JSON.stringify({
  id: 'bench',
  name: 'Bench',
  db_id: 'db',
  description: 'x'.repeat(400),
  tools: { tools: [{ name: 'add', parameters: { type: 'object', properties: {} } }] },
})
const RUN = JSON.stringify({
  run_id: '898e8ced-6584-4af6-8fcf-897c3cb1c537',
  agent_id: 'bench',
  session_id: 's1',
  content: 'y'.repeat(1_200),
  status: 'COMPLETED',
  metrics: { input_tokens: 10, output_tokens: 4, total_tokens: 14 },
})
const EMPTY_LIST = '[]'
const CONFIG = JSON.stringify({
  os_id: 'bench-os',
  databases: ['db'],
  agents: [{ id: 'bench', name: 'Bench', db_id: 'db' }],
  teams: [],
  workflows: [],
  interfaces: [],
})
const JSON_ROUTES: Readonly<Record<string, string>> = {
  '/health': '{"status":"ok"}',
  '/agents': `[${CARD}]`,
  '/agents/bench': CARD,
  '/teams': EMPTY_LIST,
  '/workflows': EMPTY_LIST,
  '/config': CONFIG,
  '/info': '{"os_id":"bench-os","agno_version":"3.1.10","auth_mode":"none"}',
}
/** uvicorn computes it once a second. */
const DATE = new Date().toUTCString()
/** About the size of an AgentOS content event. */
const FILLER = 'z'.repeat(180)

/** Responses that are notified when a stream closes early. */
const listeners = new Set<ServerResponse>()

function tellClosed(): void {
  const now = process.hrtime.bigint()
  for (const listener of listeners) listener.write(`${now}\n`)
}

function tellClosings(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain' }).write('open\n')
  listeners.add(response)
  response.on('close', () => listeners.delete(response))
}

/** uvicorn writes these names, and neither `connection` nor `keep-alive`. */
function head(response: ServerResponse, headers: Record<string, string>): void {
  response.sendDate = false
  response.removeHeader('connection')
  response.writeHead(200, { date: DATE, server: 'uvicorn', ...headers })
  // uvicorn hands the head and each part of the body to the system in separate writes.
  response.flushHeaders()
}

function json(response: ServerResponse, body: string): void {
  head(response, { 'content-length': String(body.length), 'content-type': 'application/json' })
  response.end(body)
}

/** Formats one event; `sent_ns` is the machine's monotonic clock, which the client reads too. */
function event(index: number): string {
  return `event: RunContent\ndata: {"event":"RunContent","run_id":"r","agent_id":"bench","i":${index},"sent_ns":${process.hrtime.bigint()},"content":"${FILLER}"}\n\n`
}

function stream(response: ServerResponse): void {
  head(response, {
    'content-type': 'text/event-stream; charset=utf-8',
    'transfer-encoding': 'chunked',
  })
}

/** Writes events without a pause, each in a turn of its own, as an AgentOS does. */
function burst(response: ServerResponse, count: number): void {
  stream(response)
  const { socket } = response
  let i = 0
  const next = () => {
    if (i === count || !socket || socket.destroyed) return void response.end()
    const hasRoom = write(response, event(i++))
    if (hasRoom) setImmediate(next)
    else socket.once('drain', next)
  }
  setImmediate(next)
}

/** uvicorn writes the length, the bytes and the end of a chunk at once. */
function write(response: ServerResponse, text: string): boolean {
  const { socket } = response
  if (!socket || socket.destroyed) return false
  return socket.write(`${text.length.toString(16)}\r\n${text}\r\n`, 'latin1')
}

/** @param size events that are written together, each in a write of its own */
function paced(response: ServerResponse, count: number, everyMs: number, size = 1): void {
  stream(response)
  let i = 0
  const next = () => {
    for (let written = 0; written < size && i < count; written++) write(response, event(i++))
    if (i === count) {
      clearInterval(timer)
      response.end()
    }
  }
  // A random delay, so that streams opened together do not stay synchronised.
  let timer = setTimeout(() => {
    timer = setInterval(next, everyMs)
    next()
  }, Math.random() * everyMs)
  response.on('close', () => {
    clearInterval(timer)
    if (i < count) tellClosed()
  })
}

function download(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes })
  const chunk = Buffer.alloc(64 * 1024, 97)
  let left = bytes
  const more = () => {
    while (left > 0) {
      const part = left < chunk.length ? chunk.subarray(0, left) : chunk
      left -= part.length
      if (!response.write(part) && left > 0) return void response.once('drain', more)
    }
    response.end()
  }
  more()
}

function run(message: string, response: ServerResponse): void {
  const [kind, ...rest] = message.split(' ')
  const [first = 0, second = 0, third] = rest.map(Number)
  if (kind === 'burst') burst(response, first)
  else if (kind === 'paced') paced(response, first, second)
  else if (kind === 'clumps') paced(response, first, second, third)
  else if (kind === 'download') download(response, first)
  else json(response, RUN)
}

/** A body of this length is discarded, and answered as a run. */
const UPLOAD_BYTES = 256 * 1024
/** The field of a multipart form. */
const IN_MULTIPART = /name="message"\r\n\r\n([^\r]*)/

/** The message of the form in any of its encodings. */
function messageIn(body: string, contentType: string): string {
  if (contentType.startsWith('multipart/')) return IN_MULTIPART.exec(body)?.[1] ?? ''
  if (contentType.startsWith('application/json')) return JSON.parse(body).message
  return new URLSearchParams(body).get('message') ?? ''
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const { method, url = '', headers } = request
  if (method === 'GET') {
    if (url === '/closings') tellClosings(response)
    else json(response, JSON_ROUTES[url] ?? '{}')
    return
  }
  let body = ''
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length < UPLOAD_BYTES) body += chunk.toString('latin1')
  })
  request.on('end', () => {
    if (length >= UPLOAD_BYTES) json(response, RUN)
    else run(messageIn(body, headers['content-type'] ?? ''), response)
  })
}

const server = http.createServer({ keepAliveTimeout: 120_000 }, serve)
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', 4_096, () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
})
