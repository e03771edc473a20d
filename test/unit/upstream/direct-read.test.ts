import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { readDirectly } from '../../../src/upstream/direct-read.ts'

/** A connection that is read directly, and its other end. */
async function connected(): Promise<{ readonly socket: Socket; readonly peer: Socket }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [[peer]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [
    [Socket],
    unknown,
  ]
  onTestFinished(() => {
    socket.destroy()
    peer.destroy()
    server.close()
  })
  readDirectly(socket)
  return { socket, peer }
}

/** Reads as undici does: to the end of what is there, unless it is paused. */
class Reader {
  text = ''
  isPaused = false
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('readable', () => this.read())
  }

  read(): void {
    while (!this.isPaused) {
      const chunk = this.#socket.read() as Buffer | null
      if (chunk === null) return
      this.text += String(chunk)
    }
  }

  resume(): void {
    this.isPaused = false
    this.read()
  }
}

test('bytes arrive in order and the end arrives last', async () => {
  const { socket, peer } = await connected()
  const reader = new Reader(socket)
  const sent = Array.from({ length: 200 }, (_, i) => `${i};`.repeat(50))
  for (const part of sent) {
    peer.write(part)
    await once(socket, 'readable')
  }
  peer.end('last')
  await once(socket, 'end')
  expect(reader.text).toBe(`${sent.join('')}last`)
})

test('a reader that keeps up leaves nothing in the buffer', async () => {
  const { socket, peer } = await connected()
  const reader = new Reader(socket)
  const buffered: number[] = []
  socket.on('readable', () => buffered.push(socket.readableLength))
  peer.write('hello')
  await expect.poll(() => reader.text).toBe('hello')
  expect(buffered).toEqual([0])
})

test('a paused reader stops the peer and loses nothing', async () => {
  const { socket, peer } = await connected()
  const reader = new Reader(socket)
  reader.isPaused = true
  const part = 'x'.repeat(64 * 1024)
  let parts = 0
  while (peer.writableLength < 4 * part.length) {
    peer.write(part)
    parts++
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(socket.readableLength).toBeLessThanOrEqual(2 * part.length)
  peer.end('last')
  reader.resume()
  await once(socket, 'end')
  expect(reader.text.length).toBe(parts * part.length + 4)
  expect(reader.text.endsWith('last')).toBe(true)
})

test('bytes that a reader returns are read again first', async () => {
  const { socket, peer } = await connected()
  const reader = new Reader(socket)
  let isReturned = false
  socket.prependListener('readable', () => {
    if (isReturned) return
    isReturned = true
    const chunk = socket.read() as Buffer
    reader.isPaused = true
    socket.unshift(chunk.subarray(2))
  })
  peer.write('hello')
  await expect.poll(() => socket.readableLength).toBe(3)
  peer.write(' world')
  await expect.poll(() => socket.readableLength).toBe(9)
  reader.resume()
  peer.end('!')
  await once(socket, 'end')
  expect(reader.text).toBe('llo world!')
})

test('a reader that destroys the socket gets no further bytes', async () => {
  const { socket, peer } = await connected()
  socket.on('readable', () => socket.destroy())
  peer.write('hello')
  await once(socket, 'close')
  expect(socket.read()).toBeNull()
})
