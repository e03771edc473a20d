/** What a relay writes to: Node's response itself, or something that stands in front of it and makes other bytes of it. */
import type { Socket } from 'node:net'

/** The part of Node's `ServerResponse` that a relay uses. Means what it means there. */
export interface RelayOutput {
  readonly destroyed: boolean
  readonly headersSent: boolean
  readonly writableEnded: boolean
  readonly writableLength: number
  /** Only of a response: lets small pieces be framed here, see `write-body.ts`. */
  readonly chunkedEncoding?: boolean
  readonly writableCorked?: number
  readonly socket?: Socket | null
  writeHead(status: number, statusText: string, headers: string[]): unknown
  flushHeaders(): void
  /** @returns false where the relay has to wait for `drain` */
  write(chunk: Buffer | string, onWritten?: () => void): boolean
  end(chunk?: Buffer | string, encoding?: BufferEncoding): unknown
  destroy(): unknown
  once(event: 'drain', listener: () => void): unknown
  setTimeout(timeoutMs: number, onTimeout: () => void): unknown
}
