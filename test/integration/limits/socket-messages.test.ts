import { expect, test } from 'vitest'
import { gatewayOf } from '../../support/gateway.ts'
import { connectedSocket } from '../../support/socket-client.ts'
import { startSocketUpstream } from '../../support/socket-upstream.ts'

const START = { action: 'start-workflow', message: 'hi' }
const REFUSED = { event: 'error', error: 'Rate limit exceeded' }

async function open(rate_limit: object) {
  const upstream = await startSocketUpstream({ workflows: ['flow', 'other'] })
  const gateway = await gatewayOf({ a: upstream.url }, { rate_limit })
  return { upstream, gateway }
}

test("each forwarded socket message counts against the caller's rate limit", async () => {
  const { upstream, gateway } = await open({ max: 2, window: '10m' })
  // Opening the socket counts as the first request.
  const client = await connectedSocket(gateway.url)
  client.say({ ...START, workflow_id: 'flow' })
  const end = await upstream.next()
  expect(await end.next()).toMatchObject({ workflow_id: 'flow' })
  expect(await client.ask({ ...START, workflow_id: 'flow' })).toEqual(REFUSED)
  expect(await client.ask({ action: 'ping' })).toEqual({ event: 'pong' })
})

test("each forwarded socket message counts against its workflow's rate limit", async () => {
  const { upstream, gateway } = await open({ max: 1, by: 'component', window: '10m' })
  const client = await connectedSocket(gateway.url)
  client.say({ ...START, workflow_id: 'flow' })
  const end = await upstream.next()
  await end.next()
  expect(await client.ask({ ...START, workflow_id: 'flow' })).toEqual(REFUSED)
  client.say({ ...START, workflow_id: 'other' })
  expect(await end.next()).toMatchObject({ workflow_id: 'other' })
})
