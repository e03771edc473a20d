import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { answerTo, begin } from '../support/client.ts'
import type { FakeHandler } from '../support/fake-upstream.ts'
import { startProcess } from '../support/process.ts'

const MB = 1024 * 1024
const SIZE = 200 * MB
const ALLOWED = 100 * MB

/** Yields 200 MB in pieces that all differ. */
function* pieces(): Iterable<Buffer> {
  const piece = Buffer.alloc(MB, 'the same in every piece but for its number. ')
  for (let index = 0; index < SIZE / MB; index++) {
    const numbered = Buffer.from(piece)
    numbered.writeUInt32LE(index, 0)
    yield numbered
  }
}

function digestOf(chunks: Iterable<Buffer>): string {
  const hash = createHash('sha1')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

interface Sink {
  write(chunk: Buffer): boolean
  once(event: 'drain', listener: () => void): unknown
  end(): unknown
}

/** Writes everything as fast as the other side accepts it. */
async function writeAll(sink: Sink): Promise<void> {
  for (const chunk of pieces()) {
    if (sink.write(chunk)) continue
    await new Promise<void>((resolve) => sink.once('drain', resolve))
  }
  sink.end()
}

async function open(handler: FakeHandler) {
  const upstream = await startAgentOs({ agents: ['echo'] }, handler)
  const gateway = await startProcess({ upstreams: [{ name: 'a', url: upstream.url }] })
  await gateway.until(({ state }) => state === 'ready')
  const { now: before } = await gateway.memory()
  const grown = async () => (await gateway.memory()).peak - before
  return { url: `${gateway.url}/agents/echo/runs`, grown }
}

describe('a file of 200 MB', { timeout: 90_000 }, () => {
  test.each([
    ['announced', { 'content-length': String(SIZE) }],
    ['unannounced', { 'transfer-encoding': 'chunked' }],
  ])('an upload of 200 MB (%s length) is not held in memory', async (_name, headers) => {
    const { url, grown } = await open((_request, response, message) => {
      const hash = createHash('sha1')
      message.removeAllListeners('data')
      message.on('data', (chunk) => hash.update(chunk))
      message.on('end', () => response.end(hash.digest('hex'))).resume()
    })
    const request = begin(url, { method: 'POST', headers })
    const answering = answerTo(request)
    await writeAll(request)
    expect(await (await answering).whole()).toBe(digestOf(pieces()))
    const growth = await grown()
    process.stdout.write(`upload: ${Math.round(growth / MB)} MB more\n`)
    expect(growth).toBeLessThan(ALLOWED)
  })

  test('a download of 200 MB is not held in memory', async () => {
    const { url, grown } = await open((_request, response) => {
      response.writeHead(200, { 'content-length': SIZE })
      void writeAll(response)
    })
    const request = begin(url, { method: 'POST' })
    request.end()
    const hash = createHash('sha1')
    const { promise: isWhole, resolve } = Promise.withResolvers<boolean>()
    request.on('response', (message) => {
      message.on('data', (chunk) => hash.update(chunk)).on('close', () => resolve(message.complete))
    })
    expect(await isWhole).toBe(true)
    expect(hash.digest('hex')).toBe(digestOf(pieces()))
    const growth = await grown()
    process.stdout.write(`download: ${Math.round(growth / MB)} MB more\n`)
    expect(growth).toBeLessThan(ALLOWED)
  })
})
