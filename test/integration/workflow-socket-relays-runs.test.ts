import { expect, test } from 'vitest'
import { gatewayOf, startGateway } from '../support/gateway.ts'
import { connectedSocket } from '../support/socket-client.ts'
import { startSocketUpstream } from '../support/socket-upstream.ts'

async function two() {
  const a = await startSocketUpstream({ workflows: ['flow-a'] })
  const b = await startSocketUpstream({ workflows: ['flow-b'] })
  const gateway = await gatewayOf({ a: a.url, b: b.url })
  return { a, b, gateway }
}

test('commands and events are relayed byte for byte', async () => {
  const { a, gateway } = await two()
  const client = await connectedSocket(gateway.url)
  const command =
    '{ "action":"start-workflow", "workflow_id":"flow-a","message":"Grüße\\u2028", "x":1.0 }'
  client.say(command)
  const end = await a.next()
  expect(await end.nextText()).toBe(command)
  const event = 'event: RunContent\ndata: {"content": "Grüße, 你好 👋🏽", "n": 1.0}\n\n\n'
  end.socket.send(event)
  end.say({ event: 'anything', n: 1 })
  expect(await client.nextText()).toBe(event)
  expect(await client.nextText()).toBe('{"event": "anything", "n": 1}')
})

test('one client socket serves two upstreams over one socket each', async () => {
  const { a, b, gateway } = await two()
  const client = await connectedSocket(gateway.url)
  client.say({ action: 'start-workflow', workflow_id: 'flow-a', message: '1' })
  client.say({ action: 'start-workflow', workflow_id: 'flow-b', message: '2' })
  client.say({ action: 'start-workflow', workflow_id: 'flow-a', message: '3' })
  const [atA, atB] = await Promise.all([a.next(), b.next()])
  expect(await atA.start('a1')).toMatchObject({ message: '1' })
  expect(await client.nextEvent()).toMatchObject({ run_id: 'a1' })
  expect(await atB.start('b1')).toMatchObject({ message: '2' })
  expect(await client.nextEvent()).toMatchObject({ run_id: 'b1' })
  expect(await atA.start('a2')).toMatchObject({ message: '3' })
  expect(await client.nextEvent()).toMatchObject({ run_id: 'a2' })
  expect([a.waiting, b.waiting]).toEqual([0, 0])
})

test('a run is found at its upstream from another socket', async () => {
  const { b, gateway } = await two()
  const first = await connectedSocket(gateway.url)
  first.say({ action: 'start-workflow', workflow_id: 'flow-b' })
  await (await b.next()).start('b1')
  await first.nextEvent()
  first.socket.close()
  const second = await connectedSocket(gateway.url)
  second.say({ action: 'reconnect', run_id: 'b1', last_event_index: 3 })
  const end = await b.next()
  expect(await end.next()).toEqual({ action: 'reconnect', run_id: 'b1', last_event_index: 3 })
  end.say({ event: 'subscribed', run_id: 'b1', status: 'running' })
  expect(await second.next()).toMatchObject({ event: 'subscribed' })
})

test('reconnecting to an unknown run asks for its workflow_id', async () => {
  const { gateway } = await two()
  const client = await connectedSocket(gateway.url)
  expect(await client.ask({ action: 'reconnect', run_id: 'r9' })).toEqual({
    event: 'error',
    error: 'Run r9 not found. Name its workflow_id',
  })
})

test("unknown actions are forwarded to the workflow's owner", async () => {
  const { a, gateway } = await two()
  const client = await connectedSocket(gateway.url)
  client.say({ action: 'cancel-workflow', workflow_id: 'flow-a', run_id: 'r' })
  expect(await (await a.next()).next()).toMatchObject({ action: 'cancel-workflow' })
})

test('prefixed workflow ids are translated in both directions', async () => {
  const a = await startSocketUpstream({ workflows: ['flow'] })
  const upstreams = [{ name: 'a', url: a.url, prefix: 'eu-' }]
  const gateway = await startGateway({ upstreams }, { ready: ['a'] })
  const client = await connectedSocket(gateway.url)
  client.say({ action: 'start-workflow', workflow_id: 'eu-flow' })
  const end = await a.next()
  expect(await end.start('r')).toMatchObject({ workflow_id: 'flow' })
  expect(await client.nextEvent()).toMatchObject({ workflow_id: 'eu-flow', run_id: 'r' })
  end.event({ event: 'StepStarted', content: '"workflow_id": "flow"', workflow_id: 'flow' })
  expect(await client.nextEvent()).toEqual({
    event: 'StepStarted',
    content: '"workflow_id": "flow"',
    workflow_id: 'eu-flow',
  })
})

test.each([
  ['its path', { path: '/upstreams/b/workflows/ws' }],
  ['a header', { headers: { 'x-agentos-upstream': 'b' } }],
  ['the query', { path: '/workflows/ws?upstream=b' }],
])("a socket that names its upstream by %s uses that upstream's ids", async (_by, options) => {
  const { b, gateway } = await two()
  const client = await connectedSocket(gateway.url, options)
  client.say({ action: 'start-workflow', workflow_id: 'unlisted' })
  const end = await b.next()
  expect(await end.next()).toMatchObject({ workflow_id: 'unlisted' })
})
