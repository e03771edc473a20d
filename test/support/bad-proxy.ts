/** A proxy in front of the gateway with faults that real proxies have. */
import { once } from 'node:events'
import type {
  IncomingMessage,
  OutgoingHttpHeader,
  OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http'
import { createServer, request as requestHttp } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'

export interface ProxyFaults {
  /** Buffers responses until they are complete. */
  readonly buffers?: boolean
  /** Compresses responses when the caller accepts it. */
  readonly compresses?: boolean
  /** Removes comments from event streams. */
  readonly dropsComments?: boolean
  readonly dropsRequestIds?: boolean
  /** Adds its own CORS header. */
  readonly addsOrigin?: boolean
  /** Largest request body, in bytes. */
  readonly mostBytes?: number
  /** Forwards WebSockets. Default: true. */
  readonly upgrades?: boolean
  /** Seconds by which its clock is ahead. */
  readonly aheadS?: number
  /** Ends streams after this time, despite heartbeats. */
  readonly endsAfterMs?: number
}

/** Listens until the test ends. @returns its URL */
export async function startBadProxy(gateway: string, faults: ProxyFaults): Promise<string> {
  const server = createServer((message, response) => void relay(gateway, faults, message, response))
  if (faults.upgrades !== false) {
    server.on('upgrade', (message, socket) => {
      const behind = connect(Number(new URL(gateway).port), '127.0.0.1')
      const pairs = message.rawHeaders.map((part, i) => part + (i % 2 === 0 ? ': ' : '\r\n'))
      behind.write(`GET ${message.url} HTTP/1.1\r\n${pairs.join('')}\r\n`)
      behind.pipe(socket).on('error', () => {})
      socket.pipe(behind).on('error', () => {})
    })
  } else
    server.on('upgrade', (_message, socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function relay(
  gateway: string,
  faults: ProxyFaults,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = Buffer.concat(await message.toArray())
  if (faults.mostBytes !== undefined && body.length > faults.mostBytes) {
    response.writeHead(413).end('<html>too large</html>')
    return
  }
  const { method, url, headers } = message
  const sent = requestHttp(gateway + url, { method, headers, agent: false })
  // The gateway may answer before it has read the body.
  sent.on('error', () => {})
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const isCompressed = faults.compresses && headers['accept-encoding']?.includes('gzip')
  response.writeHead(answer.statusCode ?? 0, answerHeaders(answer, faults, isCompressed === true))
  if (faults.endsAfterMs !== undefined && isStream(answer)) {
    setTimeout(() => response.destroy(), faults.endsAfterMs).unref()
  }
  if (faults.buffers || isCompressed) {
    const whole = Buffer.concat(await answer.toArray())
    response.end(isCompressed ? gzipSync(whole) : whole)
    return
  }
  response.flushHeaders()
  answer.on('data', (chunk: Buffer) => {
    if (!faults.dropsComments || chunk[0] !== 58) response.write(chunk)
  })
  answer.on('end', () => response.end())
}

function isStream({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('text/event-stream') ?? false
}

function answerHeaders(
  { headers }: IncomingMessage,
  faults: ProxyFaults,
  isCompressed: boolean,
): OutgoingHttpHeaders {
  const changed: Record<string, OutgoingHttpHeader | undefined> = { ...headers }
  delete changed['content-length']
  delete changed['transfer-encoding']
  if (faults.dropsRequestIds) delete changed['x-request-id']
  if (isCompressed) changed['content-encoding'] = 'gzip'
  if (faults.addsOrigin) {
    changed['access-control-allow-origin'] = [headers['access-control-allow-origin'] ?? '', '*']
  }
  if (faults.aheadS) changed['date'] = new Date(Date.now() + faults.aheadS * 1000).toUTCString()
  return changed
}
