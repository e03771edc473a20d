/** Exchanges bytes on real connections and reads them with a strict parser that shares no code with the gateway. */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { afterAll, expect } from 'vitest'
import { buildApp } from '../../app.ts'
import { areaLogs } from '../../plugins/logs.ts'
import { configOf } from '../support/gateway.ts'
import { LogCapture } from '../support/log-capture.ts'

/** A request or response according to RFC 9112, read without any leniency. */
export interface StrictMessage {
  readonly start: string
  /** Names are lower-case. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const FORBIDDEN = /[\u0000-\u0008\u000a-\u001f\u007f]/

/** The whole messages that a connection has delivered, and the beginning of one more. */
export interface StrictlyRead {
  readonly messages: readonly StrictMessage[]
  readonly rest: string
}

/**
 * Parses the bytes of a connection.
 *
 * @param text latin1
 * @throws where two parsers might disagree: bare line ends, folded lines, odd names, two lengths, length with
 * chunks
 */
export function readStrictly(text: string): StrictlyRead {
  const messages: StrictMessage[] = []
  let rest = text
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return { messages, rest }
    const head = headIn(rest.slice(0, end))
    const { body, length } = bodyIn(head.headers, rest.slice(end + 4), head.start)
    if (length === undefined) return { messages, rest }
    messages.push({ ...head, body })
    rest = rest.slice(end + 4 + length)
  }
}

function headIn(text: string): Pick<StrictMessage, 'start' | 'headers'> {
  const [start = '', ...lines] = text.split('\r\n')
  if (FORBIDDEN.test(start)) throw new Error(`an odd first line: ${JSON.stringify(start)}`)
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    const value = line.slice(colon + 1).trim()
    if (colon < 1 || !TOKEN.test(name) || FORBIDDEN.test(value.replaceAll('\t', ''))) {
      throw new Error(`an odd header: ${JSON.stringify(line)}`)
    }
    return [name.toLowerCase(), value] as const
  })
  return { start, headers }
}

/** @returns no length while the body is incomplete */
function bodyIn(
  headers: StrictMessage['headers'],
  rest: string,
  start: string,
): { body: string; length: number | undefined } {
  const values = (name: string) => headers.filter(([key]) => key === name).map(([, value]) => value)
  const lengths = values('content-length')
  const codings = values('transfer-encoding')
  if (lengths.length + codings.length > 1) throw new Error(`two lengths in ${start}`)
  if (codings.length === 1) {
    if (codings[0] !== 'chunked') throw new Error(`transfer-encoding: ${codings[0]}`)
    return chunksIn(rest)
  }
  const isBodiless = start.startsWith('HTTP/1.1 204') || start.startsWith('HTTP/1.1 304')
  const [length] = lengths
  if (length === undefined || isBodiless) return { body: '', length: 0 }
  if (!/^\d+$/.test(length)) throw new Error(`content-length: ${length}`)
  const bytes = Number(length)
  return { body: rest.slice(0, bytes), length: rest.length < bytes ? undefined : bytes }
}

function chunksIn(text: string): { body: string; length: number | undefined } {
  let at = 0
  let body = ''
  for (;;) {
    const end = text.indexOf('\r\n', at)
    if (end === -1) return { body, length: undefined }
    const size = text.slice(at, end)
    if (!/^[0-9a-f]+$/i.test(size)) throw new Error(`a chunk of size ${JSON.stringify(size)}`)
    const bytes = Number.parseInt(size, 16)
    const next = end + 2 + bytes
    if (text.length < next + 2) return { body, length: undefined }
    if (text.slice(next, next + 2) !== '\r\n')
      throw new Error('a chunk longer than said, or a trailer')
    body += text.slice(end + 2, next)
    at = next + 2
    if (bytes === 0) return { body, length: at }
  }
}

/** Answers one request with the bytes of the test. */
export type Answering = (socket: Socket, request: StrictMessage) => void

/** A TCP server that records requests, and bytes that it cannot parse strictly as faults. */
export interface Recorder {
  readonly url: string
  readonly faults: readonly string[]
  answering: Answering
  /** Returns the requests received since the last call. */
  take(): StrictMessage[]
}

export const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'

/** Listens until the tests of the file end. */
export async function startRecorder(): Promise<Recorder> {
  const sockets = new Set<Socket>()
  const faults: string[] = []
  let received: StrictMessage[] = []
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay())
    let text = ''
    socket
      .on('data', (chunk) => {
        try {
          const { messages, rest } = readStrictly(text + chunk.toString('latin1'))
          text = rest
          received.push(...messages)
          for (const message of messages) recorder.answering(socket, message)
        } catch (error) {
          faults.push(String(error))
          socket.destroy()
        }
      })
      .on('error', () => {})
      .on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterAll(async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  })
  const recorder: Recorder = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    answering: (socket) => void socket.write(OK),
    take: () => {
      const taken = received
      received = []
      return taken
    },
  }
  return recorder
}

/** Longest wait for the other side, in milliseconds. */
const PATIENCE_MS = 20_000

/** Returns the final responses that a client received, without interim ones (1xx). */
export function finalAnswers(text: string): StrictMessage[] {
  return readStrictly(text).messages.filter(({ start }) => !start.startsWith('HTTP/1.1 1'))
}

/** Time that the client waits for an answer before it half-closes, in milliseconds. */
const PAUSE_MS = 25

/**
 * Writes bytes on a new connection and reads until the other side closes it.
 *
 * @param isOver the bytes ask to close the connection; otherwise this side half-closes it, after an answer or
 * a short wait
 * @returns the received bytes as latin1
 * @throws when the other side never closes
 */
export async function exchange(
  port: number,
  chunks: readonly (string | Buffer)[],
  isOver = false,
): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  let text = ''
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket
    .setTimeout(PATIENCE_MS, () => reject(new Error(`no end after ${JSON.stringify(text)}`)))
    .on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (!isOver && finalAnswers(text).length > 0) socket.end()
    })
    .on('end', () => resolve())
    .on('error', () => resolve())
    .on('close', () => resolve())
  for (const chunk of chunks) {
    socket.write(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)
  }
  const timer = isOver ? undefined : setTimeout(() => socket.end(), PAUSE_MS)
  try {
    await promise
    return text
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}

/** Starts a gateway for all tests of a file and captures its log. */
export async function gatewayFor(document: object) {
  const log = new LogCapture()
  const config = configOf(document)
  const app = await buildApp({ config, logs: areaLogs(log.logger, config.log) })
  await app.listen({ port: 0, host: '127.0.0.1' })
  afterAll(async () => {
    app.server.closeAllConnections()
    await app.close()
  })
  const { port } = app.server.address() as AddressInfo
  /** Asserts that the gateway has had no internal error since the last call. */
  const assertUnhurt = (answer: string, upstream: Recorder): void => {
    expect(upstream.faults).toEqual([])
    expect(answer).not.toContain('AGW_INTERNAL')
    expect(log.lines.filter(({ msg }) => msg === 'unexpected error')).toEqual([])
    log.lines.length = 0
  }
  return { port, assertUnhurt }
}
