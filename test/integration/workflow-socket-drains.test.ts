import { expect, test } from 'vitest'
import { rawConnection } from '../support/client.ts'
import { gatewayOf } from '../support/gateway.ts'
import { connectedSocket } from '../support/socket-client.ts'
import { startSocketUpstream } from '../support/socket-upstream.ts'

const START = { action: 'start-workflow', workflow_id: 'flow' }

test('draining closes idle sockets at once and busy ones after their runs', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url })
  const idle = await connectedSocket(gateway.url)
  const busy = await connectedSocket(gateway.url)
  busy.say(START)
  const end = await upstream.next()
  await end.start('r1')
  await busy.nextText()
  const kept = await rawConnection(gateway.port)
  const drained = gateway.app.drain(20_000)
  expect(await idle.closed).toBe(1001)
  // Draining closes idle connections; this socket is in use.
  await kept.closed
  end.event({ event: 'WorkflowCompleted', workflow_id: 'flow', run_id: 'r1' })
  expect(await busy.nextEvent()).toMatchObject({ event: 'WorkflowCompleted' })
  expect(await busy.closed).toBe(1001)
  await drained
})

test('runs longer than the drain timeout end with a WorkflowError event', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url })
  const client = await connectedSocket(gateway.url)
  client.say(START)
  await (await upstream.next()).start('r1')
  await client.nextText()
  await gateway.app.drain(0)
  expect(await client.nextEvent()).toMatchObject({
    event: 'WorkflowError',
    run_id: 'r1',
    error_id: 'AGW_DRAINING',
  })
  expect(await client.closed).toBe(1001)
})
