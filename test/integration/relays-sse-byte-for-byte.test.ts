import { describe, expect, test } from 'vitest'
import { run } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { gatewayTo, gatewayWithUpstream } from '../support/gateway.ts'
import { startRawUpstream } from '../support/raw-upstream.ts'

const STARTED = eventText({ event: 'RunStarted', run_id: 'r-1' })
/** Parts of an event stream that a parser would lose. */
const ODD = [
  ': a comment\n\n',
  'id: 7\nretry: 100\nevent: Unheard\ndata: one\ndata:two\nfield: x\n\n',
  'data: crlf\r\n\r\n',
  'data: cr\r\r',
  'data: {"n":1.0,"e":"é\\u00e9"}\n\n',
  'event: bare\n\n',
]

async function streamThrough() {
  const { upstream, gateway } = await gatewayWithUpstream()
  const answering = run(`${gateway.url}/agents/echo/runs`, 'message=hi&stream=true')
  const exchange = await upstream.next()
  const stream = exchange.events()
  return { gateway, exchange, stream, answer: await answering }
}

describe('event streams', () => {
  test('each event reaches the caller before the next is sent', async () => {
    const { stream, answer } = await streamThrough()
    for (let index = 0; index < 20; index++) {
      const event = eventText({ event: 'RunContent', run_id: 'r-1', content: `${index}` })
      stream.write(event)
      expect(await answer.event()).toBe(event)
    }
    stream.end()
    expect(await answer.isWhole).toBe(true)
  })

  test('comments, ids, unknown fields and line ends are relayed byte for byte', async () => {
    const { stream, answer } = await streamThrough()
    const text = STARTED + ODD.join('') + STARTED
    stream.end(text)
    expect(await answer.whole()).toBe(text)
  })

  test("the relayed bytes do not depend on the upstream's chunks", async () => {
    const text = Buffer.from(STARTED + ODD.join('') + STARTED)
    for (const size of [1, 2, 3, 7]) {
      const { stream, answer } = await streamThrough()
      stream.socket?.setNoDelay(true)
      for (let at = 0; at < text.length; at += size) stream.write(text.subarray(at, at + size))
      stream.end()
      expect(await answer.whole()).toBe(text.toString())
    }
  })

  test.each([
    ['as uvicorn writes them', (size: string) => size],
    ['with leading zeros', (size: string) => `000${size}`],
    ['in capital letters', (size: string) => size.toUpperCase()],
    ['with extensions', (size: string) => `${size};name=value`],
  ])('the relayed bytes do not depend on chunk sizes %s', async (_name, written) => {
    const events = [
      ...ODD,
      STARTED,
      eventText({ event: 'RunContent', content: 'x'.repeat(700) }),
      STARTED,
    ]
    const framed = events.map((event) => {
      const size = Buffer.byteLength(event).toString(16)
      return `${written(size)}\r\n${event}\r\n`
    })
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked'
    const upstream = await startRawUpstream((socket) => {
      // Several chunks in one packet, and one chunk in two.
      const [first = '', ...others] = framed
      socket.setNoDelay(true)
      socket.write(`${head}\r\n\r\n${first.slice(0, 9)}`)
      setImmediate(() => socket.end(`${first.slice(9)}${others.join('')}0\r\n\r\n`))
    })
    const gateway = await gatewayTo(upstream.url)
    const answer = await run(`${gateway.url}/agents/echo/runs`, 'message=hi&stream=true')
    expect(await answer.whole()).toBe(events.join(''))
    expect(await answer.isWhole).toBe(true)
  })

  test('an event of 5 MB is relayed whole', async () => {
    const { stream, answer } = await streamThrough()
    const huge = `event: RunContent\ndata: ${'x'.repeat(5 * 1024 * 1024)}\n\n`
    stream.write(huge)
    expect((await answer.event()).length).toBe(huge.length)
    stream.end(STARTED)
    expect(await answer.whole()).toBe(huge + STARTED)
  })

  test('text after the last blank line is kept at a clean end', async () => {
    const { stream, answer } = await streamThrough()
    stream.end(`${STARTED}data: no blank line behind this`)
    expect(await answer.whole()).toBe(`${STARTED}data: no blank line behind this`)
  })

  test('the response head arrives before the first event', async () => {
    const { answer, stream } = await streamThrough()
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    expect(answer.headers['x-accel-buffering']).toBe('no')
    expect(answer.headers['cache-control']).toBe('no-cache')
    stream.end()
    expect(await answer.whole()).toBe('')
  })

  test('a stream continues after the end of the request body', async () => {
    const { exchange, stream, answer } = await streamThrough()
    expect((await exchange.body()).toString()).toBe('message=hi&stream=true')
    stream.write(STARTED)
    expect(await answer.event()).toBe(STARTED)
    stream.end()
    expect(await answer.isWhole).toBe(true)
  })
})
