import fc from 'fast-check'
import { expect, test } from 'vitest'
import { receivedChunks } from '../../../src/relay/received-chunks.ts'
import { markReceived } from '../../../src/upstream/direct-read.ts'

const headOf = (piece: Buffer) => Buffer.from(`${piece.length.toString(16)}\r\n`)
const framed = (pieces: readonly Buffer[]) =>
  Buffer.concat(pieces.flatMap((piece) => [headOf(piece), piece, Buffer.from('\r\n')]))

/** The bytes of one read, as Node returns them: in memory of their own. */
function received(text: string | Buffer): Buffer {
  const bytes = Buffer.from(Uint8Array.from(Buffer.from(text)).buffer)
  markReceived(bytes)
  return bytes
}

/** Views of the pieces in the bytes that were received with these chunks between other bytes. */
function viewsOf(pieces: readonly Buffer[], before = '', behind = ''): Buffer[] {
  const all = received(Buffer.concat([Buffer.from(before), framed(pieces), Buffer.from(behind)]))
  let at = before.length
  return pieces.map((piece) => {
    const start = at + headOf(piece).length
    at = start + piece.length + 2
    return all.subarray(start, start + piece.length)
  })
}

test('the received chunks equal a new framing of the pieces', () => {
  const piece = fc.uint8Array({ minLength: 1, maxLength: 600 }).map((bytes) => Buffer.from(bytes))
  const all = fc.array(piece, { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(all, fc.string(), fc.string(), (pieces, before, behind) => {
      expect(receivedChunks(viewsOf(pieces, before, behind))).toEqual(framed(pieces))
    }),
  )
})

test('any result equals a new framing, with any bytes around the pieces', () => {
  const near = fc.constantFrom(
    '',
    '5',
    '\r',
    '\n',
    '\r\n',
    '5\r\n',
    '05\r\n',
    'F5\r\n',
    '5;a=b\r\n',
  )
  fc.assert(
    fc.property(fc.array(near), fc.array(near), fc.array(near), (before, between, behind) => {
      const parts = [before.join(''), 'hello', between.join(''), 'world', behind.join('')]
      const all = received(parts.join(''))
      const first = parts[0]?.length ?? 0
      const second = first + 5 + (parts[2]?.length ?? 0)
      const pieces = [all.subarray(first, first + 5), all.subarray(second, second + 5)]
      const chunks = receivedChunks(pieces)
      if (chunks) expect(chunks).toEqual(framed(pieces))
    }),
  )
})

test.each([
  ['a size with an extension', '5;a=b\r\nhello\r\n', 7],
  ['a size with a capital letter', 'A\r\nhellohello\r\n', 3],
  ['a size of another length', '6\r\nhello\r\n', 3],
  ['bytes without chunks', 'hello', 0],
  ['a piece that continues', '5\r\nhellohello', 3],
  ['a line end that has not arrived', '5\r\nhello\r', 3],
])('%s is not accepted', (_name, text, start) => {
  const all = received(text)
  const end = text.includes('hellohello') && text.startsWith('A') ? start + 10 : start + 5
  expect(receivedChunks([all.subarray(start, end)])).toBeUndefined()
})

test('pieces of two reads are not accepted', () => {
  const hello = Buffer.from('hello')
  const pieces = [...viewsOf([hello]), ...viewsOf([hello], '5\r\nhello\r\n')]
  expect(receivedChunks(pieces)).toBeUndefined()
})

test('an empty piece is not accepted, because its chunk would end the body', () => {
  const all = received('0\r\n\r\n')
  expect(receivedChunks([all.subarray(3, 3)])).toBeUndefined()
  expect(receivedChunks([])).toBeUndefined()
})

test('memory that other buffers share is not accepted', () => {
  const bytes = Buffer.from('5\r\nhello\r\n')
  expect(bytes.buffer.byteLength).toBeGreaterThan(bytes.length)
  markReceived(bytes)
  expect(receivedChunks([bytes.subarray(3, 8)])).toBeUndefined()
})

test('bytes that were not received are not accepted', () => {
  const bytes = Buffer.from(Uint8Array.from(Buffer.from('5\r\nhello\r\n')).buffer)
  expect(receivedChunks([bytes.subarray(3, 8)])).toBeUndefined()
})
