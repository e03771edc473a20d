/** Tests the TypeScript examples from the sources, with the packages of `npm ci`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startDemo } from '../../../demo/index.ts'
import { startGateway } from '../../support/gateway.ts'

test('the example of RemoteAgent runs against the demo', async () => {
  const demo = await startDemo()
  onTestFinished(() => demo.close())
  const { upstreams } = demo
  const gateway = await startGateway({ upstreams }, { ready: upstreams.map(({ name }) => name) })
  const file = fileURLToPath(new URL('../../../examples/clients/remote-agent.ts', import.meta.url))
  const args = ['--conditions=agentos-gateway-source', file, gateway.url]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('echo: ') })
  expect(stdout).toContain('slow: RunCompleted')
})
