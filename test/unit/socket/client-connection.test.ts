import { expect, onTestFinished, test } from 'vitest'
import { Caller } from '../../../src/auth/caller.ts'
import { Gateway } from '../../../src/gateway.ts'
import { ClientConnection } from '../../../src/socket/client-connection.ts'
import type { SocketPolicy } from '../../../src/socket/policy.ts'
import { configOf } from '../../support/gateway.ts'
import { Queue } from '../../support/queue.ts'

/** Returns a client that accepts every frame and records its close code. */
function fakePeer() {
  const frames = new Queue<string>()
  const closed = Promise.withResolvers<number>()
  const peer = {
    bufferedAmount: 0,
    send: (frame: Buffer | string) => frames.push(frame.toString()),
    close: (code: number) => closed.resolve(code),
    terminate: () => closed.resolve(1006),
    pause: () => {},
    resume: () => {},
    ping: () => {},
  }
  return { peer, frames, closed: closed.promise }
}

function open(policy: SocketPolicy, authTimeoutMs = 20) {
  const gateway = new Gateway(
    configOf({ heartbeat: '50ms', upstreams: [{ name: 'a', url: 'http://127.0.0.1:1' }] }),
  )
  const { peer, frames, closed } = fakePeer()
  const connection = new ClientConnection(peer, {
    gateway: () => gateway,
    policy,
    chosen: () => undefined,
    headersFor: () => [],
    authTimeoutMs,
  })
  onTestFinished(() => connection.onClosed())
  const say = (message: unknown) =>
    connection.onMessage(Buffer.from(JSON.stringify(message)), false)
  return { say, frames, closed }
}

const admits = (ids: readonly string[]): SocketPolicy => ({
  mode: 'security_key',
  authenticateToken: () => new Caller('Bearer key', { kind: 'root' }),
  mayRun: (_caller, id) => id !== undefined && ids.includes(id),
})

test('a client that does not authenticate in time is closed with 1008', async () => {
  const { say, closed } = open(admits([]))
  say({ action: 'ping' })
  expect(await closed).toBe(1008)
})

test("an unauthenticated message is answered with the mode's own hint", async () => {
  const { say, frames } = open(admits([]), 10_000)
  await frames.next()
  say({ action: 'ping' })
  expect(await frames.next()).toContain('Send authenticate action with valid bearer token.')
  say({ action: 'authenticate', token: 'key' })
  expect(await frames.next()).toContain('"authenticated"')
  say({ action: 'ping' })
  expect(await frames.next()).toContain('"pong"')
})

test.each([
  ['start-workflow', 'run'],
  ['continue-workflow', 'continue'],
  ['reconnect', 'reconnect to'],
])('%s is refused for a caller who may not run the workflow', async (action, verb) => {
  const { say, frames } = open(admits(['mine']), 10_000)
  await frames.next()
  say({ action: 'authenticate', token: 'key' })
  await frames.next()
  say({ action, workflow_id: 'yours', run_id: 'r' })
  expect(JSON.parse(await frames.next())).toEqual({
    event: 'error',
    error: `Insufficient permissions to ${verb} this workflow`,
  })
})
