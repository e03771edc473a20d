/**
 * A keep-alive connection that writes prepared requests and counts the bytes of the responses. It costs the load generator less
 * than an HTTP client does, and it decides which bytes go into one write.
 */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')
/** End of a chunked body without trailers (RFC 9112 §7.1). Event streams and JSON do not contain it. */
const LAST_CHUNK = Buffer.from('0\r\n\r\n')
const NONE = Buffer.alloc(0)

/** Called at the end of each response. */
type OnOver = (error: Error | undefined, bytes: number) => void

export class Connection {
  readonly #socket: Socket
  #onOver: OnOver = () => {}
  /** Start of a head, or the last bytes of a chunked body. */
  #held: Buffer = NONE
  #isInBody = false
  /** NaN for a chunked body. */
  #bytesLeft = 0
  #bytes = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('close', () => this.#onOver(new Error('the connection was closed'), 0))
  }

  static async open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    socket.on('error', () => {})
    await once(socket, 'connect')
    return new Connection(socket)
  }

  /** @param pieces each is one write to the system */
  send(pieces: readonly Buffer[], onOver: OnOver): void {
    this.#onOver = onOver
    this.#bytes = 0
    for (const piece of pieces) this.#socket.write(piece)
  }

  /** @param pieces parts of one request body, written with backpressure */
  async sendSlowly(pieces: Iterable<Buffer>): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    this.#onOver = (error, bytes) => (error ? reject(error) : resolve(bytes))
    this.#bytes = 0
    for (const piece of pieces) {
      if (!this.#socket.write(piece)) await Promise.race([once(this.#socket, 'drain'), promise])
    }
    return promise
  }

  close(): void {
    this.#onOver = () => {}
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    if (this.#isInBody) {
      this.#readBody(chunk)
      return
    }
    const received = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk
    const end = received.indexOf(HEAD_END)
    if (end === -1) {
      this.#held = received
      return
    }
    const head = received.toString('latin1', 0, end)
    if (!head.startsWith('HTTP/1.1 200')) {
      this.#end(new Error(head.split('\r\n', 1)[0]))
      return
    }
    this.#held = NONE
    this.#isInBody = true
    this.#bytesLeft = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
    // Every answer of the upstream has a body: a proxy that sends none has answered by itself.
    if (this.#bytesLeft === 0) this.#end(new Error('an answer without a body'))
    const rest = received.subarray(end + HEAD_END.length)
    if (rest.length > 0) this.#readBody(rest)
  }

  #readBody(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (Number.isNaN(this.#bytesLeft)) {
      const tail = chunk.length < LAST_CHUNK.length ? Buffer.concat([this.#held, chunk]) : chunk
      this.#held = tail.subarray(-LAST_CHUNK.length)
      if (this.#held.equals(LAST_CHUNK)) this.#end(undefined)
      return
    }
    this.#bytesLeft -= chunk.length
    if (this.#bytesLeft <= 0) this.#end(undefined)
  }

  #end(error: Error | undefined): void {
    this.#isInBody = false
    this.#held = NONE
    this.#onOver(error, this.#bytes)
  }
}
