/** Low-level HTTP/1 clients: one on `node:http` for streams, one on `node:net` for raw bytes. */
import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { request as httpRequest } from 'node:http'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'

export interface SendOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Buffer
}

/** A response in progress. */
export class Answer {
  readonly message: IncomingMessage
  /** Resolves when the response ends: true for a clean end, false for a broken connection. */
  readonly isWhole: Promise<boolean>
  readonly #chunks: Buffer[] = []
  #read = 0
  #onChange: () => void = () => {}
  #isOver = false

  constructor(message: IncomingMessage) {
    this.message = message
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.isWhole = promise
    message
      .on('data', (chunk: Buffer) => {
        this.#chunks.push(chunk)
        this.#onChange()
      })
      .on('error', () => {})
      .on('close', () => {
        this.#isOver = true
        resolve(message.complete)
        this.#onChange()
      })
  }

  get status(): number {
    return this.message.statusCode ?? 0
  }

  get headers() {
    return this.message.headers
  }

  /** The bytes received so far. */
  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return this.bytes.toString('utf8')
  }

  /** Returns the whole text once the response has ended in any way. */
  async whole(): Promise<string> {
    await this.isWhole
    return this.text
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.whole())
  }

  /** Returns the text since the last call up to and including `end`, once received. */
  async until(end: string): Promise<string> {
    for (;;) {
      const text = this.text
      const at = text.indexOf(end, this.#read)
      if (at !== -1) {
        const part = text.slice(this.#read, at + end.length)
        this.#read = at + end.length
        return part
      }
      if (this.#isOver) throw new Error(`the answer ended before ${JSON.stringify(end)}: ${text}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onChange = resolve
      await promise
    }
  }

  /** Returns the next event with its blank line. */
  event(): Promise<string> {
    return this.until('\n\n')
  }

  /** Destroys the connection. */
  abort(): void {
    this.message.destroy()
  }
}

/** Begins a request on a new connection; the test ends it. */
export function begin(url: string, { method = 'GET', headers = {} }: SendOptions = {}) {
  const request = httpRequest(url, { method, headers: { ...headers }, agent: false })
  request.on('error', () => {})
  onTestFinished(() => {
    request.destroy()
  })
  return request
}

/** Returns the response once its head has been received. */
export async function answerTo(request: ClientRequest): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  request.once('response', resolve).once('error', reject)
  return new Answer(await promise)
}

/** Sends a request on a new connection and waits for the response head. */
export function send(url: string, options: SendOptions = {}): Promise<Answer> {
  const request = begin(url, options)
  const answer = answerTo(request)
  // A Buffer, because Node writes the head together with a string body, in the body's encoding.
  request.end(options.body === undefined ? undefined : Buffer.from(options.body))
  return answer
}

/** Posts a urlencoded run, as `curl -d` does. */
export function run(url: string, fields = 'message=hi', headers: Record<string, string> = {}) {
  const type = 'application/x-www-form-urlencoded'
  return send(url, { method: 'POST', body: fields, headers: { 'content-type': type, ...headers } })
}

/** A raw TCP connection. */
export class RawConnection {
  readonly socket: Socket
  /** Resolves when the other side has closed the connection. */
  readonly closed: Promise<void>
  #text = ''
  #onChange: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    socket
      .on('data', (chunk: Buffer) => {
        this.#text += chunk.toString('latin1')
        this.#onChange()
      })
      .on('error', () => {})
      .on('close', () => {
        resolve()
        this.#onChange()
      })
  }

  get text(): string {
    return this.#text
  }

  write(bytes: string | Buffer): boolean {
    return typeof bytes === 'string' ? this.socket.write(bytes, 'latin1') : this.socket.write(bytes)
  }

  /** Returns the text so far once it matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text)) {
      if (this.socket.destroyed) throw new Error(`closed before ${pattern}: ${this.#text}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onChange = resolve
      await promise
    }
    return this.#text
  }

  /** Returns the whole text once the other side has closed. */
  async whole(): Promise<string> {
    await this.closed
    return this.#text
  }
}

/** Connects to a port of 127.0.0.1 or another host; the connection is destroyed when the test ends. */
export async function rawConnection(port: number, host = '127.0.0.1'): Promise<RawConnection> {
  const socket = connect(port, host)
  onTestFinished(() => {
    socket.destroy()
  })
  await once(socket, 'connect')
  return new RawConnection(socket)
}

/** Returns the whole answer to bytes on a new connection. The request must ask to close the connection. */
export async function sendRaw(port: number, bytes: string): Promise<string> {
  const connection = await rawConnection(port)
  connection.write(bytes)
  return connection.whole()
}
