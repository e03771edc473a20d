import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { command } from '../../support/cli.ts'
import { HI, runEvent } from '../../support/faces.ts'

test('run prints the text of the answer and ends with 0', async () => {
  const upstream = await startAgentOs({ agents: ['echo'] })
  const done = command(['run', 'echo', 'hello', '--url', upstream.url, '--session', 's-1'])
  const exchange = await upstream.next()
  const form = new URLSearchParams((await exchange.body()).toString())
  expect([form.get('message'), form.get('session_id')]).toEqual(['hello', 's-1'])
  exchange.events().end(HI)
  expect(await done).toMatchObject({ code: 0, stdout: 'hi\n' })
})

test('run prints the question of a paused run and ends with 1', async () => {
  const upstream = await startAgentOs({ agents: ['echo'] })
  const done = command(['run', 'agent/echo', 'hello', '--url', upstream.url])
  const tool = { tool_call_id: 'c', tool_name: 'rm', tool_args: {}, requires_confirmation: true }
  const paused = runEvent('RunPaused', { requirements: [{ id: 'q', tool_execution: tool }] })
  ;(await upstream.next()).events().end(runEvent('RunStarted') + paused)
  const { code, stderr } = await done
  expect(code).toBe(1)
  expect(stderr).toContain('waits: May rm run?')
})

test('run of a component that no server has ends with 1', async () => {
  const upstream = await startAgentOs({}, (_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"detail":"Not Found"}')
  })
  const { code, stderr } = await command(['run', 'nobody', 'hello', '--url', upstream.url])
  expect([code, stderr]).toEqual([
    1,
    `agentos-gateway: ${upstream.url} serves no component 'nobody'. GET /agents, /teams and /workflows list them\n`,
  ])
})

test('run sends the token of its environment', async () => {
  const upstream = await startAgentOs({ agents: ['echo'] })
  const env = { AGENTOS_GATEWAY_TOKEN: 'from-the-environment' }
  const done = command(['run', 'agent/echo', 'hello', '--url', upstream.url], { env })
  const exchange = await upstream.next()
  exchange.events().end(HI)
  expect(await done).toMatchObject({ code: 0 })
  expect(exchange.request.headers.authorization).toBe('Bearer from-the-environment')
})
