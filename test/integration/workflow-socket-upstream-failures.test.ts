import { expect, test } from 'vitest'
import { gatewayOf, gatewayTo } from '../support/gateway.ts'
import { connectedSocket } from '../support/socket-client.ts'
import { socketWithRun } from '../support/socket-run.ts'
import { startSocketUpstream } from '../support/socket-upstream.ts'

const START = { action: 'start-workflow', workflow_id: 'flow' }

test('a dead upstream ends its open runs with WorkflowError', async () => {
  const { gateway, client, end } = await socketWithRun(['flow', 'other'])
  client.say({ ...START, workflow_id: 'other' })
  await end.start('r2')
  await client.nextText()
  end.event({ event: 'WorkflowCompleted', workflow_id: 'other', run_id: 'r2' })
  await client.nextText()
  end.socket.terminate()
  expect(await client.nextEvent()).toMatchObject({
    event: 'WorkflowError',
    workflow_id: 'flow',
    run_id: 'r1',
    error: "Upstream 'a' closed the connection during its answer",
    error_id: 'AGW_RELAY_INTERRUPTED',
  })
  expect(await client.closed).toBe(1011)
  expect(client.waiting).toBe(0)
  const line = await gateway.log.access('/workflows/ws')
  expect(line).toMatchObject({ closeCode: 1011, error: 'AGW_RELAY_INTERRUPTED' })
})

test('runs of other upstreams continue after one upstream dies', async () => {
  const a = await startSocketUpstream({ workflows: ['flow'] })
  const b = await startSocketUpstream({ workflows: ['flow-b'] })
  const gateway = await gatewayOf({ a: a.url, b: b.url })
  const client = await connectedSocket(gateway.url)
  client.say(START)
  client.say({ ...START, workflow_id: 'flow-b' })
  const [atA, atB] = await Promise.all([a.next(), b.next()])
  await atB.start('rb')
  await client.nextText()
  await atA.next()
  atA.socket.terminate()
  expect(await client.next()).toMatchObject({ event: 'error', error_type: 'gateway_error' })
  atB.event({ event: 'StepStarted', run_id: 'rb' })
  expect(await client.nextEvent()).toMatchObject({ event: 'StepStarted' })
})

test('an unreachable upstream is named without its address and closes with 1013', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const { url } = upstream
  await upstream.close()
  const gateway = await gatewayTo(url)
  const client = await connectedSocket(gateway.url)
  client.say(START)
  expect(await client.next()).toEqual({
    event: 'error',
    error: "Upstream 'a' is unreachable",
    error_type: 'gateway_error',
    error_id: 'AGW_UPSTREAM_UNREACHABLE',
  })
  expect(await client.closed).toBe(1013)
})

test('an upstream that refuses the upgrade is reported and closes with 1011', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] }, { refuses: 403 })
  const gateway = await gatewayOf({ a: upstream.url })
  const client = await connectedSocket(gateway.url)
  client.say(START)
  expect(await client.next()).toMatchObject({
    error: "Upstream 'a' answered 403 instead of opening a WebSocket",
    error_id: 'AGW_UPSTREAM_PROTOCOL',
  })
  expect(await client.closed).toBe(1011)
})

test('an idle upstream socket that closes is reopened on demand', async () => {
  const { upstream, client, end: first } = await socketWithRun()
  first.event({ event: 'WorkflowCompleted', workflow_id: 'flow', run_id: 'r1' })
  await client.nextText()
  first.socket.close(1012)
  await first.closed
  expect(await client.ask({ action: 'ping' })).toEqual({ event: 'pong' })
  client.say(START)
  await (await upstream.next()).start('r2')
  expect(await client.nextEvent()).toMatchObject({ run_id: 'r2' })
})

test('upstream sockets close when the client disconnects', async () => {
  const { client, end } = await socketWithRun()
  client.socket.terminate()
  expect(await end.closed).toBe(1001)
})
