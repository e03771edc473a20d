/**
 * A fast scripted AgentOS as a separate process, behind every measured peer. The message of a run controls
 * it: `json`, `burst COUNT`, `paced COUNT EVERY_MS`, `open`, `download BYTES`; uploads are discarded.
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

function json(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}

/** Formats one event; `sent_ns` is the machine's monotonic clock, which the client reads too. */
function event(index: number): string {
  return `event: RunContent\ndata: {"event":"RunContent","run_id":"r","agent_id":"bench","i":${index},"sent_ns":${process.hrtime.bigint()},"content":"${FILLER}"}\n\n`
}

function stream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
}

/** Sends events as fast as the socket accepts them, each in a separate write, as an AgentOS does. */
function burst(response: ServerResponse, count: number): void {
  stream(response)
  response.flushHeaders()
  const { socket } = response
  let i = 0
  const more = () => {
    while (i < count && socket && !socket.destroyed) {
      const text = event(i++)
      const hasRoom = socket.write(`${text.length.toString(16)}\r\n${text}\r\n`, 'latin1')
      if (!hasRoom && i < count) return void socket.once('drain', more)
    }
    response.end()
  }
  more()
}

function paced(response: ServerResponse, count: number, everyMs: number): void {
  stream(response)
  response.flushHeaders()
  let i = 0
  const next = () => {
    response.write(event(i++))
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
  const [kind, first = '0', second = '0'] = message.split(' ')
  if (kind === 'burst') burst(response, Number(first))
  else if (kind === 'paced') paced(response, Number(first), Number(second))
  else if (kind === 'download') download(response, Number(first))
  else json(response, RUN)
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? ''
  if (request.method === 'GET') {
    if (url === '/closings') tellClosings(response)
    else json(response, JSON_ROUTES[url] ?? '{}')
    return
  }
  if (request.headers['content-type']?.startsWith('application/octet-stream')) {
    request.resume().on('end', () => json(response, RUN))
    return
  }
  let body = ''
  request.setEncoding('latin1')
  request.on('data', (chunk: string) => {
    body += chunk
  })
  request.on('end', () => run(new URLSearchParams(body).get('message') ?? 'json', response))
}

const server = http.createServer({ keepAliveTimeout: 120_000 }, serve)
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', 4_096, () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
})
