import { expect, test } from 'vitest'
import { gatewayOf } from '../support/gateway.ts'
import { connectedSocket } from '../support/socket-client.ts'
import { socketWithRun } from '../support/socket-run.ts'
import { startSocketUpstream } from '../support/socket-upstream.ts'

const START = { action: 'start-workflow', workflow_id: 'flow' }
const CHUNK = 'x'.repeat(256 * 1024)
/** Exceeds the buffers of the gateway and of both kernels. */
const FRAMES = 200

test('an upstream socket is read no faster than its client reads', async () => {
  const { client, end } = await socketWithRun()
  client.socket.pause()
  for (let i = 0; i < FRAMES; i++) end.event({ event: 'RunContent', i, content: CHUNK })
  const isHeldBack = await settles(() => end.socket.bufferedAmount)
  expect(isHeldBack).toBeGreaterThan((FRAMES / 2) * CHUNK.length)
  client.socket.resume()
  for (let i = 0; i < FRAMES; i++) expect(await client.nextEvent()).toMatchObject({ i })
})

test('a client socket is read no faster than its upstream reads', async () => {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url })
  const client = await connectedSocket(gateway.url)
  client.say({ ...START, i: -1 })
  const end = await upstream.next()
  await end.next()
  end.socket.pause()
  for (let i = 0; i < FRAMES; i++) client.say({ ...START, i, message: CHUNK })
  const isHeldBack = await settles(() => client.socket.bufferedAmount)
  expect(isHeldBack).toBeGreaterThan((FRAMES / 2) * CHUNK.length)
  end.socket.resume()
  for (let i = 0; i < FRAMES; i++) expect(await end.next()).toMatchObject({ i })
})

/** Returns the value once it has stopped changing. */
async function settles(value: () => number): Promise<number> {
  let last = value()
  for (let same = 0; same < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    same = value() === last ? same + 1 : 0
    last = value()
  }
  return last
}
