import { once } from 'node:events'
import { expect, test } from 'vitest'
import { gatewayOf } from '../support/gateway.ts'
import { connectedSocket } from '../support/socket-client.ts'
import { startSocketUpstream } from '../support/socket-upstream.ts'

const START = { action: 'start-workflow', workflow_id: 'flow' }

test('an upstream that answers no ping ends its runs with WorkflowError', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url }, { heartbeat: '50ms' })
  const client = await connectedSocket(gateway.url)
  client.say(START)
  const end = await upstream.next()
  await end.start('r1')
  await client.nextText()
  await Promise.all([once(client.socket, 'ping'), once(end.socket, 'ping')])
  end.socket.pause()
  expect(await client.nextEvent()).toMatchObject({
    event: 'WorkflowError',
    run_id: 'r1',
    error_id: 'AGW_RELAY_TIMEOUT',
  })
  expect(await client.closed).toBe(1011)
})

test('a client that answers no ping is disconnected', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url }, { heartbeat: '50ms' })
  const client = await connectedSocket(gateway.url)
  client.say(START)
  const end = await upstream.next()
  client.socket.pause()
  expect(await end.closed).toBe(1001)
  expect(await gateway.log.access('/workflows/ws')).toMatchObject({ closeCode: 1006 })
})
