/** Decodes bodies that an upstream compressed although the request asked for `identity`. */
import type { Transform } from 'node:stream'
import { promisify } from 'node:util'
import {
  brotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  gunzip,
  inflate,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib'

/** Begin of a zstd frame (RFC 8878 §3.1.1). */
const UNFINISHED_ZSTD_FRAME = Buffer.from('28b52ffd', 'hex')

/** Node 22 decodes an incomplete zstd body without an error, so a caller would take it for a whole one. */
function detectsIncompleteZstd(): boolean {
  try {
    zstdDecompressSync(UNFINISHED_ZSTD_FRAME)
    return false
  } catch {
    return true
  }
}

/** Content codings of RFC 9110 §8.4.1, brotli and, from Node 24 on, zstd. */
const CODINGS: Readonly<
  Record<string, { readonly stream: () => Transform; readonly whole: Whole }>
> = {
  gzip: { stream: createGunzip, whole: promisify(gunzip) as Whole },
  'x-gzip': { stream: createGunzip, whole: promisify(gunzip) as Whole },
  deflate: { stream: createInflate, whole: promisify(inflate) as Whole },
  br: { stream: createBrotliDecompress, whole: promisify(brotliDecompress) as Whole },
  ...(detectsIncompleteZstd() && {
    zstd: { stream: createZstdDecompress, whole: promisify(zstdDecompress) as Whole },
  }),
}

/** Names of the codings that can be decoded. */
export const DECODED_CODINGS: readonly string[] = Object.keys(CODINGS)

type Whole = (body: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

/** Receives the decoded bytes. Nothing follows an error. */
export interface DecoderSink {
  onData(chunk: Buffer): void
  onEnd(): void
  /** The coding is unknown, or the body does not match it. */
  onError(cause: Error): void
}

/** Decodes a body chunk by chunk. */
export interface Decoder {
  write(chunk: Buffer): void
  end(): void
  pause(): void
  resume(): void
  destroy(): void
}

/** Names of the codings in the order of decoding. */
function codingsIn(encoding: string): string[] {
  const names = encoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  return names.filter((name) => name !== '' && name !== 'identity').toReversed()
}

function codingOf(name: string) {
  const coding = CODINGS[name]
  if (coding === undefined) throw new Error(`unknown content coding '${name}'`)
  return coding
}

/**
 * Returns the decoded body.
 *
 * @param encoding value of `content-encoding`; undefined for none
 * @param maxBytes largest decoded size
 * @throws for an unknown coding, a body that does not match it, or a longer one
 */
export async function decoded(
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  let bytes = body
  for (const name of encoding === undefined ? [] : codingsIn(encoding)) {
    if (bytes.length > 0) bytes = await codingOf(name).whole(bytes, { maxOutputLength: maxBytes })
  }
  return bytes
}

/** @param encoding value of `content-encoding` */
export function decoderFor(encoding: string, sink: DecoderSink): Decoder {
  let isOver = false
  let isEmpty = true
  const fail = (cause: Error) => {
    if (!isOver) sink.onError(cause)
    isOver = true
  }
  const streams: Transform[] = []
  try {
    for (const name of codingsIn(encoding)) streams.push(codingOf(name).stream())
  } catch (error) {
    queueMicrotask(() => fail(error as Error))
  }
  const [first, last] = [streams[0], streams.at(-1)]
  for (const [index, stream] of streams.entries()) {
    stream.on('error', fail)
    const next = streams[index + 1]
    if (next) stream.pipe(next)
  }
  last?.on('data', (chunk: Buffer) => !isOver && sink.onData(chunk))
  last?.on('end', () => !isOver && sink.onEnd())
  return {
    write: (chunk) => {
      isEmpty = false
      first?.write(chunk)
    },
    end: () => {
      // A HEAD response has `content-encoding` and no body.
      if (isEmpty) sink.onEnd()
      else first?.end()
    },
    pause: () => void last?.pause(),
    resume: () => void last?.resume(),
    destroy: () => {
      isOver = true
      for (const stream of streams) stream.destroy()
    },
  }
}
