import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import { takeBody, takeWholeBody } from '../../../src/relay/request-body.ts'
import { dropRest, Upload } from '../../../src/relay/upload.ts'

/** A request under the test's control. */
function requestOf(headers: Record<string, string> = {}) {
  const stream = new PassThrough()
  stream.on('error', () => {})
  const made = { headers, complete: false, socket: new PassThrough() }
  return Object.assign(stream, made) as unknown as IncomingMessage & PassThrough
}

const code = (value: string) => expect.objectContaining({ code: value })
const LIMITS = { maxBodyBytes: 100, bufferBytes: 10 }

describe('a body', () => {
  test('is none where none is announced, or one of no length', async () => {
    expect(await takeBody(requestOf(), LIMITS)).toBeNull()
    expect(await takeBody(requestOf({ 'content-length': '0' }), LIMITS)).toBeNull()
  })

  test('that is small is read whole', async () => {
    const request = requestOf({ 'content-length': '4' })
    request.end('body')
    expect(await takeBody(request, LIMITS)).toEqual(Buffer.from('body'))
  })

  test('of unannounced length is streamed once it is seen to be large', async () => {
    const request = requestOf({ 'transfer-encoding': 'chunked' })
    request.write('0123456789a')
    const body = await takeBody(request, LIMITS)
    expect(body).toBeInstanceOf(Upload)
    request.end('bc')
    expect(Buffer.concat(await (body as Upload).toArray()).toString()).toBe('0123456789abc')
  })

  test('is refused at once where it is announced to be too large', async () => {
    const request = requestOf({ 'content-length': '101' })
    await expect(takeBody(request, LIMITS)).rejects.toEqual(code('AGW_BODY_TOO_LARGE'))
    await expect(
      takeWholeBody(requestOf({ 'transfer-encoding': 'chunked' }).end('12345') as never, 4),
    ).rejects.toEqual(code('AGW_BODY_TOO_LARGE'))
  })

  test('of a caller who has left is not waited for', async () => {
    const request = requestOf({ 'content-length': '4' })
    request.destroy()
    await expect(takeBody(request, LIMITS)).rejects.toEqual(code('AGW_CLIENT_CLOSED'))
    const leaving = requestOf({ 'content-length': '4' })
    const taking = takeBody(leaving, LIMITS)
    leaving.destroy()
    await expect(taking).rejects.toEqual(code('AGW_CLIENT_CLOSED'))
  })
})

describe('an upload', () => {
  test('fails when there is more than the limit', async () => {
    const request = requestOf()
    const upload = new Upload(request, [Buffer.alloc(5)], 8)
    request.write(Buffer.alloc(5))
    const [error] = await once(upload.resume(), 'error')
    expect(error).toEqual(code('AGW_BODY_TOO_LARGE'))
  })

  test('fails when the caller leaves, before or in the middle', async () => {
    const gone = requestOf()
    gone.destroy()
    expect((await once(new Upload(gone, [], 8), 'error'))[0]).toEqual(code('AGW_CLIENT_CLOSED'))
    const request = requestOf()
    const upload = new Upload(request, [], 8)
    request.destroy()
    expect((await once(upload.resume(), 'error'))[0]).toEqual(code('AGW_CLIENT_CLOSED'))
  })

  test('that nobody wants any more leaves the request open and reads on', async () => {
    const request = requestOf()
    const upload = new Upload(request, [], 1_000_000)
    upload.destroy()
    await once(upload, 'close')
    expect(request.destroyed).toBe(false)
    for (let i = 0; i < 20; i++) request.write(Buffer.alloc(65_536))
    request.end()
    await once(request, 'end')
  })

  test('knows whom it waits for', async () => {
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

  test('is held back while it is not read', async () => {
    const request = requestOf()
    const upload = new Upload(request, [Buffer.alloc(100_000)], 1_000_000)
    expect(request.isPaused()).toBe(true)
    upload.destroy()
  })
})

describe('the rest of a body that was answered', () => {
  test('is read, but not for longer than half a minute', () => {
    vi.useFakeTimers()
    try {
      const request = requestOf()
      dropRest(request)
      expect(request.isPaused()).toBe(false)
      vi.advanceTimersByTime(29_999)
      expect(request.destroyed).toBe(false)
      vi.advanceTimersByTime(1)
      expect(request.destroyed).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  test('is not waited for where there is none', () => {
    const request = requestOf()
    Object.assign(request, { complete: true })
    dropRest(request)
    expect(request.readableFlowing).toBeNull()
  })
})
