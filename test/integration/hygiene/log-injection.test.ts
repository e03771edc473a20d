/** Tests that no text of a caller or an upstream can forge a line of the log. */
import { expect, test } from 'vitest'
import { rawConnection, run } from '../../support/client.ts'
import { eventText } from '../../support/fake-upstream.ts'
import { gatewayWithUpstream } from '../../support/gateway.ts'

const FORGED = '{"level":60,"msg":"forged"}'
const ENCODED = encodeURIComponent(`\n${FORGED}\n`)

test.each([
  ['a path with encoded line ends', `/agents/a${ENCODED}`],
  ['a path with quotes', `/agents/a"},${FORGED},{"b":"`],
  ['a path with terminal escapes', '/agents/\x1b[2J\x1b]0;forged\x07'],
  ['a path with bytes that are no text', '/agents/\x80\xff\xe2\x80\xa8'],
])('%s forges no line of the log', async (_name, target) => {
  const { gateway } = await gatewayWithUpstream()
  const before = gateway.log.lines.length
  const connection = await rawConnection(gateway.port)
  connection.write(
    Buffer.from(
      `GET ${target} HTTP/1.1\r\nhost: x\r\nx-request-id: a"${FORGED}\r\nconnection: close\r\n\r\n`,
      'latin1',
    ),
  )
  const answer = await connection.whole()
  expect(answer).toMatch(/^HTTP\/1.1 4\d\d /)
  await gateway.log.until(({ msg, status }) => msg === 'request' && status !== 200)
  // A line end or escape that passed through would make JSON that cannot be parsed.
  const written = gateway.log.lines.slice(before)
  expect(written.map(({ msg, level }) => [msg, level])).toEqual([['request', 30]])
})

test('a run id of the upstream forges no line of the log', async () => {
  const { upstream, gateway } = await gatewayWithUpstream()
  const answering = run(`${gateway.url}/agents/echo/runs`)
  const exchange = await upstream.next()
  exchange.events().end(eventText({ event: 'RunStarted', run_id: `r\n${FORGED}\n` }))
  await (await answering).whole()
  await gateway.log.access('/agents/echo/runs')
  expect(gateway.log.lines.filter(({ msg }) => msg === 'forged')).toEqual([])
})
