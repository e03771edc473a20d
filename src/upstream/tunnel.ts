/** Opens connections through an HTTP proxy with `CONNECT` (RFC 9110 §9.3.6), for pools, WebSockets and `fetch`. */
import type { Agent } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { connect as connectTls } from 'node:tls'
import { Agent as HttpAgent, request as requestHttp } from '../node-http.ts'
import type { HttpProxy } from './proxy.ts'
import { isOutOfResources } from './transport-error.ts'

/** The far end of a tunnel. */
export interface TunnelTarget {
  readonly url: URL
  /** Longest time until the connection is usable, in milliseconds. */
  readonly timeoutMs: number
  /** Options of TLS, for an `https:` URL. */
  readonly tls?: ConnectionOptions
}

/** Receives the open connection, or the reason why there is none. */
export type OnConnected = (
  ...result: [error: null, socket: Socket] | [error: Error, socket: null]
) => void

const KEEP_ALIVE_MS = 60_000

/** A failure at the proxy. Its code is for the operator: `PROXY_STATUS_407`, `PROXY_ECONNREFUSED`. */
class TunnelError extends Error {
  readonly code: string

  constructor(code: string, message: string, cause?: Error) {
    super(message, { cause })
    this.code = code
  }
}

/**
 * Opens a connection to the target through the proxy, with TLS to the target for an `https:` URL.
 *
 * @param onConnected called once; the caller listens for errors of the socket from then on
 */
export function openTunnel(proxy: HttpProxy, target: TunnelTarget, onConnected: OnConnected): void {
  let isSettled = false
  const settle: OnConnected = (...result) => {
    if (isSettled) return
    isSettled = true
    clearTimeout(timer)
    onConnected(...result)
  }
  const asking = connectRequest(proxy, hostAndPort(target.url))
  let opening: { destroy(): unknown } = asking
  const fail = (error: Error): void => {
    opening.destroy()
    settle(error, null)
  }
  const timer = setTimeout(() => {
    // undici's code of a connection that takes too long.
    fail(new TunnelError('UND_ERR_CONNECT_TIMEOUT', 'the connection through the proxy timed out'))
  }, target.timeoutMs)
  asking
    .on('error', (cause) => fail(proxyFailure(cause)))
    .once('connect', ({ statusCode = 0 }, stream, head) => {
      const socket = stream as Socket
      opening = socket
      socket.on('error', fail)
      if (statusCode < 200 || statusCode > 299) {
        fail(new TunnelError(`PROXY_STATUS_${statusCode}`, `the proxy answered ${statusCode}`))
        return
      }
      if (isSettled) {
        socket.destroy()
        return
      }
      if (head.length > 0) socket.unshift(head)
      socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS)
      if (target.url.protocol !== 'https:') {
        settle(null, socket)
        return
      }
      const secure = connectTls({ ...tlsOf(target), socket })
      opening = secure
      secure.on('error', fail).once('secureConnect', () => settle(null, secure))
    })
    .end()
}

function connectRequest({ isTls, host, port, authorization }: HttpProxy, path: string) {
  const request = isTls ? requestHttps : requestHttp
  const headers = { host: path, ...(authorization && { 'proxy-authorization': authorization }) }
  return request({ method: 'CONNECT', host, port, path, headers, agent: false })
}

/** A process without file descriptors says nothing about the proxy. */
function proxyFailure(cause: Error): Error {
  if (isOutOfResources(cause)) return cause
  const code = 'code' in cause ? `PROXY_${String(cause.code)}` : 'PROXY_FAILED'
  return new TunnelError(code, 'the proxy is unreachable', cause)
}

function hostAndPort({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
}

function tlsOf({ url, tls }: TunnelTarget): ConnectionOptions {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  // An address is no server name (RFC 6066 §3).
  const servername = isIP(host) === 0 ? host : ''
  return { host, servername, ALPNProtocols: ['http/1.1'], ...tls }
}

/** An agent for `http.request` and `ws` whose connections go through the proxy. */
export function tunnelAgent(proxy: HttpProxy, target: TunnelTarget): Agent {
  const agent = target.url.protocol === 'https:' ? new HttpsAgent() : new HttpAgent()
  agent.createConnection = (_options, onConnected) => {
    openTunnel(proxy, target, onConnected as OnConnected)
    return undefined
  }
  return agent
}
