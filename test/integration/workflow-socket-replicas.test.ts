import { expect, test } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { connectedSocket } from '../support/socket-client.ts'
import { startSocketUpstream } from '../support/socket-upstream.ts'

const START = { action: 'start-workflow', workflow_id: 'flow' }

function gatewayToReplicas(urls: readonly string[]) {
  return startGateway({
    upstreams: [{ name: 'a', urls, discover: false }],
    workflows: [{ upstream: 'a', workflow_id: 'flow' }],
  })
}

test('a socket opens at the next replica when others are unavailable', async () => {
  const gone = await startSocketUpstream({})
  await gone.close()
  const busy = await startSocketUpstream({}, { refuses: 503 })
  const good = await startSocketUpstream({})
  const gateway = await gatewayToReplicas([gone.url, busy.url, good.url])
  const client = await connectedSocket(gateway.url)
  client.say(START)
  await (await good.next()).start('r1')
  expect(await client.nextEvent()).toMatchObject({ run_id: 'r1' })
})

test('reconnect goes to the replica that holds the run', async () => {
  const [a, b] = await Promise.all([startSocketUpstream({}), startSocketUpstream({})])
  const gateway = await gatewayToReplicas([a.url, b.url])
  const clients = [await connectedSocket(gateway.url), await connectedSocket(gateway.url)]
  for (const client of clients) client.say(START)
  const [atA, atB] = await Promise.all([a.next(), b.next()])
  await Promise.all([atA.start('at-a'), atB.start('at-b')])
  const runs = await Promise.all(clients.map((client) => client.nextEvent()))
  const [served, other] = runs[0]?.['run_id'] === 'at-b' ? clients : clients.toReversed()
  other?.say({ action: 'reconnect', run_id: 'at-b' })
  expect(await (await b.next()).next()).toMatchObject({ action: 'reconnect', run_id: 'at-b' })
  served?.say({ action: 'reconnect', run_id: 'at-b' })
  expect(await atB.next()).toMatchObject({ action: 'reconnect', run_id: 'at-b' })
})
