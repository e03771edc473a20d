/** Composed workflows over the workflow WebSocket, through the gateway. */
import { expect, test } from 'vitest'
import { startComposing } from '../../support/composer.ts'
import type { SocketClient } from '../../support/socket-client.ts'
import { connectedSocket } from '../../support/socket-client.ts'
import { JWT_AUTH, tokenFor } from '../../support/tokens.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

const WORKFLOWS = [
  { id: 'w', steps: [{ name: 'a', agent: 'echo' }] },
  { id: 'gated', steps: [{ name: 'a', agent: 'gate' }] },
]

async function start(more: object = {}) {
  const scripted = await startScripted()
  const upstreams = [{ name: 'one', url: scripted.upstream.url }]
  const gateway = await startComposing({ upstreams, ...{ workflows: WORKFLOWS, ...more } })
  const socket = await connectedSocket(gateway.url)
  return { scripted, gateway, socket }
}

test('a socket starts a composed workflow and gets its numbered events', async () => {
  const { socket } = await start()
  expect(await socket.ask({ action: 'ping' })).toEqual({ event: 'pong' })
  socket.say({ action: 'start-workflow', workflow_id: 'w', message: 'x', session_id: 's' })
  const events = []
  do events.push(await socket.nextEvent())
  while (events.at(-1)?.['event'] !== 'WorkflowCompleted')
  expect(events.map((event) => event['event_index'])).toEqual([...events.keys()])
  expect(events[0]).toMatchObject({ event: 'WorkflowStarted', session_id: 's' })
  expect(events.at(-1)).toMatchObject({ content: 'echo(x)' })
})

test('a run continues without its socket and is read on by reconnect', async () => {
  const { scripted, gateway, socket } = await start()
  socket.say({ action: 'start-workflow', workflow_id: 'gated', message: 'x', session_id: 's' })
  const first = await socket.nextEvent()
  socket.socket.terminate()
  const again = await connectedSocket(gateway.url)
  const run = { workflow_id: 'gated', run_id: first['run_id'], session_id: 's' }
  again.say({ action: 'reconnect', ...run, last_event_index: 0 })
  expect(['catch_up', 'subscribed']).toContain((await again.next())['event'])
  scripted.release('gate')
  const seen = []
  do seen.push(await again.next())
  while (seen.at(-1)?.['event'] !== 'WorkflowCompleted')
  const indices = seen.flatMap(({ event_index: index }) => (index === undefined ? [] : [index]))
  expect(indices).toEqual(indices.map((_, i) => i + 1))
  again.say({ action: 'continue-workflow', ...run, step_requirements: [] })
  expect(await again.next()).toEqual({
    event: 'error',
    error: `Run ${first['run_id']} is not paused`,
  })
})

test('a socket shows the runs of its own caller only', async () => {
  const { socket, gateway } = await start({ auth: JWT_AUTH })
  const scopes = ['workflows:run', 'workflows:read', 'agents:run']
  const authenticate = async (client: SocketClient, sub: string) => {
    await client.ask({ action: 'authenticate', token: tokenFor({ sub, scopes }) })
    expect(await client.next()).toMatchObject({ event: 'authenticated', user_id: sub })
  }
  await authenticate(socket, 'ann')
  socket.say({ action: 'start-workflow', workflow_id: 'w', message: 'x', session_id: 's' })
  const { run_id } = await socket.nextEvent()
  const other = await connectedSocket(gateway.url)
  await authenticate(other, 'bob')
  const answer = await other.ask({ action: 'reconnect', workflow_id: 'w', run_id })
  expect(answer).toMatchObject({ event: 'error' })
})
