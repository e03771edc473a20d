/** Sends the doctor's requests to the gateway, through the proxies in front of it. */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { TLSSocket } from 'node:tls'

/** Longest wait for the head of an answer, and for a silent body, in milliseconds. */
const TIMEOUT_MS = 15_000
/** Largest part of an answer that is read, in bytes. */
const MOST_BYTES = 8 * 1024 * 1024

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Names and values alternate, so that repeated headers are visible. */
  readonly rawHeaders: readonly string[]
  readonly httpVersion: string
  readonly text: string
  /** Times of sending and of the response head, in milliseconds since 1970. */
  readonly askedAtMs: number
  readonly answeredAtMs: number
}

export interface AskOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** Sends no token. */
  readonly isAnonymous?: boolean
  /** Default 15 s. */
  readonly silenceMs?: number
}

/** A piece of a body and its time of arrival. */
export interface Piece {
  readonly atMs: number
  readonly text: string
}

export class Target {
  /** Without a trailing slash. */
  readonly base: string
  readonly token: string | undefined
  readonly url: URL
  /** False after an untrusted certificate: then no token is sent. */
  isTrusted = true

  /** @param url base URL, including the path prefix of the gateway */
  constructor(url: URL, token: string | undefined) {
    this.url = url
    this.base = url.href.replace(/\/+$/, '')
    this.token = token
  }

  /** Whether the target is on this machine. */
  get isLocal(): boolean {
    const { hostname } = this.url
    return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
  }

  /** Sends a request and reads the whole answer. @throws the connection's error */
  async ask(path: string, options: AskOptions = {}): Promise<Answer> {
    const askedAtMs = Date.now()
    const message = await this.begin(path, options)
    const answeredAtMs = Date.now()
    let text = ''
    for await (const chunk of message.setEncoding('utf8')) {
      text += chunk as string
      if (text.length > MOST_BYTES) break
    }
    const { statusCode: status = 0, headers, rawHeaders, httpVersion } = message
    return { status, headers, rawHeaders, httpVersion, text, askedAtMs, answeredAtMs }
  }

  /** Sends a request and resolves at the response head. @throws the connection's error */
  async begin(path: string, options: AskOptions = {}): Promise<IncomingMessage> {
    const request = this.#request(path, options)
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    // The answer may arrive before the whole body is sent; later write errors are ignored.
    request.on('response', resolve).on('error', reject)
    request.end(options.body)
    return promise
  }

  /** Reads a body piece by piece. @param message from {@link begin} */
  async pieces(message: IncomingMessage): Promise<Piece[]> {
    const pieces: Piece[] = []
    for await (const chunk of message.setEncoding('utf8')) {
      pieces.push({ atMs: Date.now(), text: chunk as string })
    }
    return pieces
  }

  /** Opens a WebSocket. @returns the status of the answer */
  async upgrade(path: string): Promise<number> {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.from('agentos-gateway!').toString('base64'),
    }
    const request = this.#request(path, { headers, isAnonymous: true })
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    request
      .on('upgrade', ({ statusCode = 0 }, socket) => {
        socket.destroy()
        resolve(statusCode)
      })
      .on('response', (message) => {
        message.destroy()
        resolve(message.statusCode ?? 0)
      })
      .on('error', reject)
      .end()
    return promise
  }

  /** Opens a TLS connection to inspect the certificate. @throws the connection's error */
  async tls(): Promise<TLSSocket | undefined> {
    if (this.url.protocol !== 'https:') return undefined
    const message = await this.begin('/health', { isAnonymous: true })
    message.resume()
    return message.socket as TLSSocket
  }

  #request(path: string, options: AskOptions): ClientRequest {
    const { method = 'GET', headers = {}, isAnonymous = false, silenceMs = TIMEOUT_MS } = options
    const sendsToken = this.token !== undefined && !isAnonymous && this.isTrusted
    const request = this.url.protocol === 'https:' ? requestHttps : requestHttp
    const asked: RequestOptions & { rejectUnauthorized: boolean } = {
      method,
      headers: {
        'user-agent': 'agentos-gateway-doctor',
        ...(options.body && { 'content-length': String(options.body.length) }),
        ...headers,
        ...(sendsToken && { authorization: `Bearer ${this.token}` }),
      },
      agent: false,
      timeout: silenceMs,
      rejectUnauthorized: this.isTrusted,
    }
    const sent = request(this.base + path, asked)
    return sent.on('timeout', () => {
      sent.destroy(Object.assign(new Error('no answer in time'), { code: 'TIMEOUT' }))
    })
  }
}

/** Explains a connection error for an operator. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === undefined || message.includes(code) ? message : `${message} (${code})`
}
