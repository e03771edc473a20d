import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import { readBody, readWholeBody } from '../../../src/relay/request-body.ts'
import { discardRest, Upload } from '../../../src/relay/upload.ts'

/** Returns a request whose body the test writes. */
function requestOf(headers: Record<string, string> = {}) {
  const stream = new PassThrough()
  stream.on('error', () => {})
  const made = { headers, complete: false, socket: new PassThrough() }
  return Object.assign(stream, made) as unknown as IncomingMessage & PassThrough
}

const code = (value: string) => expect.objectContaining({ code: value })
const LIMITS = { maxBodyBytes: 100, bufferBytes: 10 }

describe('request bodies', () => {
  test('a request without a body, or with length 0, gives null', async () => {
    expect(await readBody(requestOf(), LIMITS)).toBeNull()
    expect(await readBody(requestOf({ 'content-length': '0' }), LIMITS)).toBeNull()
  })

  test('a small request body is read whole', async () => {
    const request = requestOf({ 'content-length': '4' })
    request.end('body')
    expect(await readBody(request, LIMITS)).toEqual(Buffer.from('body'))
  })

  test('a body of unknown length becomes a stream once it is large', async () => {
    const request = requestOf({ 'transfer-encoding': 'chunked' })
    request.write('0123456789a')
    const body = await readBody(request, LIMITS)
    expect(body).toBeInstanceOf(Upload)
    request.end('bc')
    expect(Buffer.concat(await (body as Upload).toArray()).toString()).toBe('0123456789abc')
  })

  test('a body announced as too large is refused at once', async () => {
    const request = requestOf({ 'content-length': '101' })
    await expect(readBody(request, LIMITS)).rejects.toEqual(code('AGW_BODY_TOO_LARGE'))
    await expect(
      readWholeBody(requestOf({ 'transfer-encoding': 'chunked' }).end('12345') as never, 4),
    ).rejects.toEqual(code('AGW_BODY_TOO_LARGE'))
  })

  test('reading a body ends with AGW_CLIENT_CLOSED when the caller disconnects', async () => {
    const request = requestOf({ 'content-length': '4' })
    request.destroy()
    await expect(readBody(request, LIMITS)).rejects.toEqual(code('AGW_CLIENT_CLOSED'))
    const leaving = requestOf({ 'content-length': '4' })
    const taking = readBody(leaving, LIMITS)
    leaving.destroy()
    await expect(taking).rejects.toEqual(code('AGW_CLIENT_CLOSED'))
  })
})

describe('Upload', () => {
  test('an upload fails when it exceeds the limit', async () => {
    const request = requestOf()
    const upload = new Upload(request, [Buffer.alloc(5)], 8)
    request.write(Buffer.alloc(5))
    const [error] = await once(upload.resume(), 'error')
    expect(error).toEqual(code('AGW_BODY_TOO_LARGE'))
  })

  test('an upload fails when the caller disconnects before or during it', async () => {
    const gone = requestOf()
    gone.destroy()
    expect((await once(new Upload(gone, [], 8), 'error'))[0]).toEqual(code('AGW_CLIENT_CLOSED'))
    const request = requestOf()
    const upload = new Upload(request, [], 8)
    request.destroy()
    expect((await once(upload.resume(), 'error'))[0]).toEqual(code('AGW_CLIENT_CLOSED'))
  })

  test('a destroyed upload leaves the request open and drains it', async () => {
    const request = requestOf()
    const upload = new Upload(request, [], 1_000_000)
    upload.destroy()
    await once(upload, 'close')
    expect(request.destroyed).toBe(false)
    for (let i = 0; i < 20; i++) request.write(Buffer.alloc(65_536))
    request.end()
    await once(request, 'end')
  })

  test('an upload reports whether it waits for the caller', async () => {
    const request = requestOf()
    const upload = new Upload(request, [], 1_000_000)
    expect(upload.isAwaitingCaller).toBe(false)
    upload.read()
    expect(upload.isAwaitingCaller).toBe(true)
    request.write('x')
    await once(upload, 'readable')
    request.end()
    await once(upload.resume(), 'end')
    expect(upload.isAwaitingCaller).toBe(false)
  })

  test('an upload frees a written chunk when its body resumes', async () => {
    const request = requestOf()
    const upload = new Upload(request, [], 1_000_000)
    const shared = Buffer.alloc(200_000).subarray(0, 100_000)
    const whole = Buffer.alloc(100_000)
    let received = 0
    upload.on('data', ({ length }: Buffer) => {
      received += length
    })
    await once(upload, 'resume')
    for (const chunk of [whole, shared]) request.emit('data', chunk)
    expect(received).toBe(200_000)
    expect(whole).toHaveLength(100_000)
    upload.pause().resume()
    expect(whole).toHaveLength(0)
    expect(shared).toHaveLength(100_000)
  })

  test('an upload keeps a chunk that its body has not read', async () => {
    const request = requestOf()
    const upload = new Upload(request, [], 1_000_000)
    upload.on('data', () => {}).pause()
    const unread = Buffer.alloc(1_000)
    request.emit('data', unread)
    upload.resume()
    expect(unread).toHaveLength(1_000)
  })

  test('an upload that never pauses keeps no list of chunks', async () => {
    const request = requestOf()
    const upload = new Upload(request, [], 10_000_000)
    upload.on('data', () => {})
    await once(upload, 'resume')
    const chunks = Array.from({ length: 6 }, () => Buffer.alloc(100_000))
    for (const chunk of chunks) request.emit('data', chunk)
    upload.pause().resume()
    expect(chunks.every(({ length }) => length === 100_000)).toBe(true)
  })

  test('an unread upload pauses the request', async () => {
    const request = requestOf()
    const upload = new Upload(request, [Buffer.alloc(100_000)], 1_000_000)
    expect(request.isPaused()).toBe(true)
    upload.destroy()
  })
})

describe('the rest of an answered body', () => {
  test('the unread rest of a body is drained for 30 s', () => {
    vi.useFakeTimers()
    try {
      const request = requestOf()
      discardRest(request)
      expect(request.isPaused()).toBe(false)
      vi.advanceTimersByTime(29_999)
      expect(request.destroyed).toBe(false)
      vi.advanceTimersByTime(1)
      expect(request.destroyed).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  test('a completely received body is not drained', () => {
    const request = requestOf()
    Object.assign(request, { complete: true })
    discardRest(request)
    expect(request.readableFlowing).toBeNull()
  })
})
