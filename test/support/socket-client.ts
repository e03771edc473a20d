/** A client of the workflow socket. */
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { Queue } from './queue.ts'

export interface SocketClientOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Default: `/workflows/ws`. */
  readonly path?: string
}

export class SocketClient {
  readonly socket: WebSocket
  /** Resolves with the close code. */
  readonly closed: Promise<number>
  readonly #frames = new Queue<Buffer>()

  constructor(socket: WebSocket) {
    this.socket = socket
    const { promise, resolve } = Promise.withResolvers<number>()
    this.closed = promise
    socket
      .on('message', (frame) => this.#frames.push(frame as Buffer))
      .on('error', () => {})
      .on('close', resolve)
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Returns the next frame as text. */
  async nextText(): Promise<string> {
    return (await this.#frames.next()).toString('utf8')
  }

  /** Returns the next frame parsed as JSON. */
  async next(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.nextText()) as Record<string, unknown>
  }

  /** Returns the next frame parsed as a server-sent event. */
  async nextEvent(): Promise<Record<string, unknown>> {
    const text = await this.nextText()
    return JSON.parse(text.slice(text.indexOf('data: ') + 6)) as Record<string, unknown>
  }

  /** Number of frames that the test has not read. */
  get waiting(): number {
    return this.#frames.size
  }

  /** Sends a message and returns the next frame. */
  ask(message: unknown): Promise<Record<string, unknown>> {
    this.say(message)
    return this.next()
  }
}

/** Opens a socket to a gateway until the test ends. @param gateway its base URL */
export function openSocket(gateway: string, options: SocketClientOptions = {}): SocketClient {
  const { headers = {}, path = '/workflows/ws' } = options
  const socket = new WebSocket(gateway.replace(/^http/, 'ws') + path, { headers: { ...headers } })
  onTestFinished(() => socket.terminate())
  return new SocketClient(socket)
}

/** Opens a socket and waits for the frame `connected`. */
export async function connectedSocket(gateway: string, options: SocketClientOptions = {}) {
  const client = openSocket(gateway, options)
  await client.next()
  return client
}

/** Returns the status with which the gateway refuses a socket. */
export async function refusedSocket(gateway: string, options: SocketClientOptions = {}) {
  const { socket } = openSocket(gateway, options)
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number },
  ]
  return response.statusCode
}
