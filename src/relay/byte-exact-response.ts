/** The server's response class. It writes header values with the bytes they were set with. */
import { ServerResponse } from '../node-http.ts'

type OnWritten = (error?: Error | null) => void

/** Longest text that is searched for characters beyond ASCII. */
const SEARCHED_CHARS = 16 * 1024
const BEYOND_ASCII = /[^\t\n\r -~]/

/**
 * Header values are latin1 strings, one character per byte (RFC 9110 §5.5). Node writes the head together with the first
 * part of the body, in the encoding of that part. A UTF-8 string, or a flushed head, would encode bytes above 0x7f twice.
 * This class writes the head only with a Buffer or with latin1 text.
 *
 * @see Node `lib/_http_outgoing.js`, `_send`
 */
export class ByteExactResponse extends ServerResponse {
  override flushHeaders(): void {
    // The head of a response without a body is written by `end`, which follows at once.
    super.write('', 'latin1')
  }

  override write(chunk: unknown, encoding?: BufferEncoding | OnWritten, done?: OnWritten): boolean {
    if (typeof chunk !== 'string' || encoding === 'latin1') {
      return super.write(chunk, encoding as BufferEncoding, done as OnWritten)
    }
    const [bytes, onWritten] = inBytes(chunk, encoding, done)
    return super.write(bytes, onWritten as OnWritten)
  }

  override end(chunk?: unknown, encoding?: BufferEncoding | (() => void), done?: () => void): this {
    if (typeof chunk !== 'string' || encoding === 'latin1') {
      return super.end(chunk, encoding as BufferEncoding, done)
    }
    // ASCII text has the same bytes in latin1, so it can be written in one piece with the head.
    const isAscii = chunk.length <= SEARCHED_CHARS && !BEYOND_ASCII.test(chunk)
    if (isAscii) return super.end(chunk, 'latin1', typeof encoding === 'function' ? encoding : done)
    const [bytes, onEnd] = inBytes(chunk, encoding, done)
    return super.end(bytes, onEnd)
  }
}

/** Bytes of the text, and the callback, which may be passed in place of the encoding. */
function inBytes<T>(
  text: string,
  encoding: BufferEncoding | T | undefined,
  done: T | undefined,
): readonly [Buffer, T | undefined] {
  if (typeof encoding === 'string') return [Buffer.from(text, encoding as BufferEncoding), done]
  return [Buffer.from(text), encoding ?? done]
}
