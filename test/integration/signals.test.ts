import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run, send } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import type { ProcessOptions } from '../support/process.ts'
import { startProcess } from '../support/process.ts'

async function running(keys: object = {}, options: ProcessOptions = {}) {
  const upstream = await startAgentOs()
  const document = { upstreams: [{ name: 'a', url: upstream.url }], ...keys }
  const gateway = await startProcess(document, options)
  await gateway.until(({ state }) => state === 'ready')
  const answering = run(`${gateway.url}/agents/echo/runs`)
  const stream = (await upstream.next()).events()
  stream.write(eventText({ event: 'RunStarted', run_id: 'r-1' }))
  const answer = await answering
  await answer.event()
  return { upstream, document, gateway, stream, answer }
}

const isInForce = (version: number) => (line: Readonly<Record<string, unknown>>) =>
  line['version'] === version && line['msg'] === 'configuration in force'

describe('a gateway process', () => {
  test.each(['file', 'config-map'] as const)(
    'a changed %s is loaded, or refused, while streams continue',
    async (layout) => {
      const { document, gateway, stream, answer } = await running({}, { layout })
      await gateway.configure({ ...document, name: 'Second' })
      await gateway.until(isInForce(2))
      expect(await (await send(`${gateway.url}/`)).json()).toMatchObject({ name: 'Second' })
      await gateway.configure('{\n "upstreams": [{ "name": "a" }]\n}')
      const refused = await gateway.until(({ msg }) =>
        String(msg).startsWith('configuration refused'),
      )
      expect(JSON.stringify(refused)).toContain('gateway.yaml:2:')
      await gateway.configure('{ "upstre')
      await gateway.configure({ ...document, name: 'Third' })
      await gateway.until(isInForce(3))
      stream.end()
      expect(await answer.isWhole).toBe(true)
    },
  )

  test('SIGHUP reloads the configuration file without an exit', async () => {
    const { document, gateway } = await running()
    await gateway.configure({ ...document, name: 'Second' })
    gateway.child.kill('SIGHUP')
    await gateway.until(isInForce(2))
    expect((await send(`${gateway.url}/health`)).status).toBe(200)
  })

  test('SIGTERM lets streams finish and exits with 0', async () => {
    const { gateway, stream, answer } = await running()
    gateway.child.kill('SIGTERM')
    await gateway.until(({ msg }) => msg === 'draining')
    stream.end(eventText({ event: 'RunCompleted', run_id: 'r-1' }))
    expect(await answer.isWhole).toBe(true)
    expect(await gateway.exited).toBe(0)
  })

  test('SIGTERM breaks streams after drain_timeout and exits with 0', async () => {
    const { gateway, answer } = await running({ drain_timeout: '50ms' })
    gateway.child.kill('SIGTERM')
    expect(await answer.whole()).toContain('AGW_DRAINING')
    expect(await gateway.exited).toBe(0)
  })

  test('a second SIGTERM exits at once with 1', async () => {
    const { gateway, answer } = await running({ drain_timeout: '1h' })
    gateway.child.kill('SIGTERM')
    await gateway.until(({ msg }) => msg === 'draining')
    gateway.child.kill('SIGTERM')
    expect(await gateway.exited).toBe(1)
    expect(await answer.isWhole).toBe(false)
  })
})
