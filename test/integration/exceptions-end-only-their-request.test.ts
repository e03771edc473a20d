import { expect, test, vi } from 'vitest'
import { Relay } from '../../src/relay/relay.ts'
import { run, send } from '../support/client.ts'
import { gatewayWithUpstream } from '../support/gateway.ts'

test.each(['onData', 'onEnd'] as const)(
  'an exception in %s ends only its own request and is logged',
  async (method) => {
    const { upstream, gateway } = await gatewayWithUpstream()
    const mistake = vi.spyOn(Relay.prototype, method).mockImplementationOnce(() => {
      throw new TypeError('a mistake')
    })
    // An error can still replace a head that has not been sent.
    const answering = run(`${gateway.url}/agents/echo/runs`).catch(() => undefined)
    const { response } = await upstream.next()
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"content":')
    await expect
      .poll(() => mistake.mock.calls.length || response.writableLength)
      .toBe(method === 'onData' ? 1 : 0)
    response.end('"hi"}')
    const answer = await answering
    if (answer) expect(await answer.isWhole).toBe(false)
    const line = await gateway.log.until(({ msg }) => msg === 'unexpected error')
    expect(JSON.stringify(line)).toContain('a mistake')
    const status = await (await send(`${gateway.url}/gateway/status`)).json()
    expect(JSON.stringify(status)).not.toContain('last_error')
    mistake.mockRestore()
  },
)
