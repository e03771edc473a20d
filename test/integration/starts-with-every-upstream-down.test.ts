import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run, send } from '../support/client.ts'
import { freePort } from '../support/free-port.ts'
import { startProcess } from '../support/process.ts'
import { refusingUrl } from '../support/raw-upstream.ts'

test('the gateway starts with every upstream down and finds them later', async () => {
  const port = await freePort()
  const gateway = await startProcess({
    upstreams: [
      { name: 'later', url: `http://127.0.0.1:${port}` },
      { name: 'dead', url: refusingUrl() },
      { name: 'nowhere', url: 'http://no-such-host.invalid' },
    ],
  })
  process.stdout.write(`listening after ${Math.round(gateway.listeningAfterMs)} ms\n`)
  const health = await send(`${gateway.url}/health`)
  expect([health.status, await health.json()]).toMatchObject([200, { status: 'ok' }])
  expect((await send(`${gateway.url}/agents`)).status).toBe(200)
  expect((await run(`${gateway.url}/agents/echo/runs`)).status).toBe(404)
  const upstream = await startAgentOs({ agents: ['echo'] }, undefined, { port })
  await gateway.until((line) => line['upstream'] === 'later' && line['state'] === 'ready')
  const answering = run(`${gateway.url}/agents/echo/runs`)
  ;(await upstream.next()).json({ run_id: 'r-1' })
  expect(await (await answering).json()).toEqual({ run_id: 'r-1' })
  gateway.child.kill('SIGTERM')
  expect(await gateway.exited).toBe(0)
})
