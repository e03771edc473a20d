/** Defines the output of a relay: Node's response, or an adapter that writes other bytes to it. */
import type { Socket } from 'node:net'

/** The part of Node's `ServerResponse` that a relay uses, with the same meaning. */
export interface RelayOutput {
  readonly destroyed: boolean
  readonly headersSent: boolean
  readonly writableEnded: boolean
  readonly writableLength: number
  /** Only Node's response has this: `response-body.ts` frames small chunks itself. */
  readonly chunkedEncoding?: boolean
  readonly writableCorked?: number
  readonly socket?: Socket | null
  writeHead(status: number, statusText: string, headers: string[]): unknown
  flushHeaders(): void
  /** @returns false when the relay has to wait for `drain` */
  write(chunk: Buffer | string, onWritten?: () => void): boolean
  end(chunk?: Buffer | string, encoding?: BufferEncoding): unknown
  destroy(): unknown
  once(event: 'drain', listener: () => void): unknown
  setTimeout(timeoutMs: number, onTimeout: () => void): unknown
}
