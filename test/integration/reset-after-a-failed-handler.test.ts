import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

const JSON_ANSWER = 'content-type: application/json\r\ncontent-length: 2\r\n\r\n{}'
const ANSWERS: Readonly<Record<string, string>> = {
  ok: `HTTP/1.1 200 OK\r\n${JSON_ANSWER}`,
  fail: `HTTP/1.1 500 Internal Server Error\r\n${JSON_ANSWER}`,
  empty:
    'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
}

/**
 * Behaves like uvicorn after an exception in a handler: it answers, keeps the connection open, and resets it
 * when the next request arrives. `?do=` selects the answer; `cut` resets the connection on its first request.
 */
async function startAgentOs() {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let isDoomed = false
    socket
      .on('error', () => {})
      .on('close', () => sockets.delete(socket))
      .on('data', (data) => {
        const [, request, wanted = 'ok'] =
          /^(\w+ [^ ?]+)(?:\?do=(\w+))? HTTP/.exec(data.toString('latin1')) ?? []
        if (request === undefined) return
        asked.push(request)
        const isFirstCut = wanted === 'cut' && asked.indexOf(request) === asked.length - 1
        if (isDoomed || isFirstCut) socket.resetAndDestroy()
        else socket.write(ANSWERS[wanted] ?? (ANSWERS['ok'] as string))
        isDoomed = wanted in ANSWERS && wanted !== 'ok'
      })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const gateway = await startGateway({ agents: [{ base_url: url, agent_id: 'echo' }] })
  const call = async (method: string, path: string) => {
    const answer = await send(`${gateway.url}/agents/echo/runs${path}`, { method })
    await answer.whole()
    return answer.status
  }
  return { asked, call }
}

test.each(['fail', 'empty'])(
  'a run after the answer "%s" uses another connection',
  async (what) => {
    const { call } = await startAgentOs()
    expect(await call('POST', '')).toBe(200)
    for (const method of ['GET', 'POST']) {
      expect(await call(method, `/r?do=${what}`)).toBe(what === 'fail' ? 500 : 200)
      expect(await call('POST', '')).toBe(200)
    }
  },
)

test('a GET whose connection is reset is retried once', async () => {
  const { asked, call } = await startAgentOs()
  expect(await call('GET', '/r?do=cut')).toBe(200)
  expect(asked.filter((request) => request.endsWith('/r'))).toHaveLength(2)
})

test('a run whose connection is reset is not sent twice', async () => {
  const { asked, call } = await startAgentOs()
  expect(await call('POST', '?do=cut')).toBe(502)
  expect(asked.filter((request) => request === 'POST /agents/echo/runs')).toHaveLength(1)
})
