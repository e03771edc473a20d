import { expect, test } from 'vitest'
import { sendRaw } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startRawUpstream } from '../support/raw-upstream.ts'

/** Returns the raw answer to a run whose upstream sends this status line. */
async function answerTo(statusLine: string): Promise<string> {
  const upstream = await startRawUpstream((socket) => {
    socket.end(Buffer.from(`${statusLine}\r\ncontent-length: 2\r\n\r\nok`, 'latin1'))
  })
  const gateway = await startGateway({ agents: [{ base_url: upstream.url, agent_id: 'x' }] })
  const head = 'POST /agents/x/runs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n'
  return sendRaw(gateway.port, `${head}content-length: 9\r\n\r\nmessage=a`)
}

test.each([
  ['OK', 'OK'],
  ['', ''],
  ['a\tb', 'a\tb'],
  ['caf\u00c3\u00a9', 'caf\u00c3\u00a9'],
  ['\u00e2\u0082\u00ac', '\u00e2\u0082\u00ac'],
  ['caf\u00e9', ''],
])('a response with the reason phrase %j arrives with %j', async (phrase, arrives) => {
  const answer = await answerTo(`HTTP/1.1 200 ${phrase}`)
  expect(answer.split('\r\n', 1)).toEqual([`HTTP/1.1 200 ${arrives}`])
  expect(answer.endsWith('\r\n\r\nok')).toBe(true)
})
