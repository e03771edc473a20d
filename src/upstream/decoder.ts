/** Decodes bodies that an upstream compressed although it was asked for `identity`. */
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
} from 'node:zlib'

/** Content codings of RFC 9110 §8.4.1 and their successors. */
const CODINGS: Readonly<
  Record<string, { readonly stream: () => Transform; readonly whole: Whole }>
> = {
  gzip: { stream: createGunzip, whole: promisify(gunzip) as Whole },
  'x-gzip': { stream: createGunzip, whole: promisify(gunzip) as Whole },
  deflate: { stream: createInflate, whole: promisify(inflate) as Whole },
  br: { stream: createBrotliDecompress, whole: promisify(brotliDecompress) as Whole },
  zstd: { stream: createZstdDecompress, whole: promisify(zstdDecompress) as Whole },
}

type Whole = (body: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

/** Receives the decoded bytes. After an error nothing more is reported. */
export interface DecoderSink {
  onData(chunk: Buffer): void
  onEnd(): void
  /** The body is not what its coding says, or the coding is not known. */
  onError(cause: Error): void
}

/** A body that is decoded as it comes. */
export interface Decoder {
  write(chunk: Buffer): void
  end(): void
  pause(): void
  resume(): void
  destroy(): void
}

/** Names of the codings, in the order in which they have to be taken off. */
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
 * The body without its codings.
 *
 * @param encoding value of `content-encoding`; undefined for none
 * @param maxBytes most that it may decode to
 * @throws when it is not what its coding says, is longer, or the coding is not known
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
      // The answer to a HEAD names a coding too.
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
