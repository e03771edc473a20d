/** Tests the limits of single runs on the workflow WebSocket. */
import { expect, test } from 'vitest'
import { gatewayOf } from '../../support/gateway.ts'
import { connectedSocket } from '../../support/socket-client.ts'
import { startSocketUpstream } from '../../support/socket-upstream.ts'

const START = { action: 'start-workflow', workflow_id: 'flow', message: 'hi' }
const OF_RUN = { run_id: 'inner', workflow_run_id: 'r-1', workflow_id: 'flow' }
const REQUEST = { event: 'ModelRequestCompleted', ...OF_RUN, event_index: 3, input_tokens: 10 }
const TOOL = { event: 'ToolCallStarted', ...OF_RUN, event_index: 4 }
const END = { run_id: 'r-1', workflow_id: 'flow', event_index: 9, nested_depth: 0 }
const CANCELLED = { event: 'WorkflowCancelled', ...END }
const CANCEL = 'POST /workflows/flow/runs/r-1/cancel?session_id=s%201'

/** Starts run `r-1` of session `s 1`. */
async function started(document: object) {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url }, document)
  const client = await connectedSocket(gateway.url)
  client.say(START)
  const end = await upstream.next()
  await end.next()
  end.event({ event: 'WorkflowStarted', session_id: 's 1', ...END, event_index: 0 })
  await client.nextEvent()
  return { upstream, gateway, client, end }
}

test.each([
  [{ tokens: 9 }, REQUEST, 'tokens'],
  [{ tool_calls: 1 }, TOOL, 'tool_calls'],
  [{ duration: '50ms' }, undefined, 'duration'],
])('a WebSocket run above %j is cancelled at its AgentOS', async (max_run, event, exceeded) => {
  const { upstream, gateway, client, end } = await started({ max_run })
  if (event === TOOL) end.event(TOOL)
  if (event !== undefined) end.event(event)
  expect(await upstream.nextRequest()).toBe(CANCEL)
  end.event(CANCELLED)
  let last: Record<string, unknown>
  do last = await client.nextEvent()
  while (last['event'] !== 'WorkflowCancelled')
  const line = await gateway.log.until(({ msg }) => msg === 'run stopped')
  expect(line).toMatchObject({ upstream: 'a', component: 'workflows/flow', limit: exceeded })
  const [error] = (await gateway.app.metrics()).filter(({ name }) => name.endsWith('_errors_total'))
  expect(error?.values).toEqual([{ value: 1, labels: { code: 'AGW_RUN_LIMIT', upstream: 'a' } }])
})

test('the cancellation of a WebSocket run carries no header of the handshake', async () => {
  const { upstream, end } = await started({ max_run: { tokens: 9 } })
  end.event(REQUEST)
  expect(await upstream.nextRequest()).toBe(CANCEL)
  const names = Object.keys(upstream.lastHeaders)
  expect(names).toContain('x-request-id')
  expect(names.filter((name) => /^sec-websocket-|^upgrade$/.test(name))).toEqual([])
})

test('a WebSocket run within its limits ends as it would without them', async () => {
  const { upstream, client, end } = await started({ max_run: { tokens: 10, duration: '1h' } })
  end.event(REQUEST)
  end.event({ event: 'WorkflowCompleted', ...END, metrics: { steps: {} } })
  expect((await client.nextEvent())['event']).toBe('ModelRequestCompleted')
  expect((await client.nextEvent())['event']).toBe('WorkflowCompleted')
  client.socket.close()
  await end.closed
  expect(upstream.unread).toBe(0)
})

test('a WebSocket run whose client has left is cancelled above its tokens', async () => {
  const { upstream, gateway, client, end } = await started({
    max_run: { tokens: 9 },
    max_parallel_runs: { component: 1 },
  })
  client.socket.terminate()
  await gateway.log.access('/workflows/ws')
  const other = await connectedSocket(gateway.url)
  expect((await other.ask(START))['event']).toBe('error')
  end.event(REQUEST)
  expect(await upstream.nextRequest()).toBe(CANCEL)
  end.event(CANCELLED)
  await end.closed
  other.say(START)
  expect(await (await upstream.next()).next()).toMatchObject(START)
})

test('a WebSocket run that starts after its client has left is limited', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url }, { max_run: { tokens: 9 } })
  const client = await connectedSocket(gateway.url)
  client.say(START)
  const end = await upstream.next()
  await end.next()
  client.socket.terminate()
  await gateway.log.access('/workflows/ws')
  end.event({ event: 'WorkflowStarted', session_id: 's 1', ...END, event_index: 0 })
  end.event(REQUEST)
  expect(await upstream.nextRequest()).toBe(CANCEL)
})

test('a run that is read on ends with the drain of the gateway', async () => {
  const { gateway, client, end } = await started({ max_run: { tokens: 9 } })
  client.socket.terminate()
  await gateway.log.access('/workflows/ws')
  expect(gateway.app.openResponses.size).toBe(1)
  await gateway.app.drain(0)
  expect(await end.closed).toBe(1001)
  expect(gateway.app.openResponses.size).toBe(0)
})

test('a left run without a limit closes its socket at once', async () => {
  const { client, end, gateway } = await started({})
  client.socket.terminate()
  await end.closed
  expect(gateway.app.openResponses.size).toBe(0)
})
