import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run, send } from '../support/client.ts'
import { answerJson } from '../support/fake-upstream.ts'
import { freePort } from '../support/free-port.ts'
import { startProcess } from '../support/process.ts'

async function upstream() {
  const { url } = await startAgentOs({ agents: ['echo'] }, (_request, response) =>
    answerJson(response, { run_id: 'r-1' }),
  )
  return { upstreams: [{ name: 'a', url }] }
}

test('a full disk for the log fails no request and no exit', async () => {
  const document = { ...(await upstream()), log: { file: '/dev/full' } }
  const gateway = await startProcess(document, { port: await freePort() })
  for (let count = 0; count < 20; count++) {
    expect((await run(`${gateway.url}/agents/echo/runs`)).status).toBe(200)
  }
  gateway.child.kill('SIGTERM')
  expect(await gateway.exited).toBe(0)
})

test('a closed pipe for the log fails no request', async () => {
  const gateway = await startProcess(await upstream())
  gateway.child.stdout?.destroy()
  for (let count = 0; count < 20; count++) {
    expect((await send(`${gateway.url}/health`)).status).toBe(200)
  }
  gateway.child.kill('SIGTERM')
  expect(await gateway.exited).toBe(0)
})

test('a log file that cannot be opened prevents the start', async () => {
  const document = { ...(await upstream()), log: { file: '/dev/null/gateway.log' } }
  await expect(startProcess(document)).rejects.toThrow('exit code 1')
})
