/** Tests how a client connection ends runs that their guards have stopped, and runs whose client has left. */
import { expect, onTestFinished, test } from 'vitest'
import { Caller } from '../../../src/auth/caller.ts'
import { GatewayError } from '../../../src/errors.ts'
import { Gateway } from '../../../src/gateway.ts'
import { ClientConnection } from '../../../src/socket/client-connection.ts'
import { configOf } from '../../support/gateway.ts'
import { Queue } from '../../support/queue.ts'
import { startSocketUpstream } from '../../support/socket-upstream.ts'

const OF_RUN = { run_id: 'r-1', workflow_id: 'flow', event_index: 1, nested_depth: 0 }
const STEP = { event: 'StepStarted', ...OF_RUN }

/** Starts run `r-1` with a guard that the test controls. */
async function guarded({ detach_timeout = '1h' } = {}) {
  const upstream = await startSocketUpstream({ workflows: ['flow'] })
  const gateway = new Gateway(
    configOf({ detach_timeout, upstreams: [{ name: 'a', url: upstream.url }] }),
  )
  onTestFinished(() => gateway.stop())
  const frames = new Queue<string>()
  const ends = new Queue<string>()
  const { promise: failed, resolve: fail } = Promise.withResolvers<GatewayError>()
  const connection = new ClientConnection(
    {
      bufferedAmount: 0,
      send: (frame) => frames.push(frame.toString()),
      close: () => {},
      terminate: () => {},
      pause: () => {},
      resume: () => {},
      ping: () => {},
    },
    {
      gateway: () => gateway,
      policy: {
        mode: 'none',
        authenticateToken: () => new Caller(undefined, { kind: 'root' }),
        mayRun: () => true,
        recordRun: async () => (end) => ends.push(`recorded ${end?.error}`),
        guardRun: async () => ({
          failed,
          isStopping: true,
          onFrame: () => {},
          end: (isOver) => ends.push(`over ${isOver}`),
        }),
      },
      chosen: () => gateway.upstreams.get('a'),
      headersFor: () => [],
      onReadOn: () => ends.push('read on'),
    },
  )
  onTestFinished(() => connection.onError(new GatewayError('AGW_DRAINING')))
  const start = { action: 'start-workflow', workflow_id: 'flow' }
  connection.onMessage(Buffer.from(JSON.stringify(start)), false)
  const end = await upstream.next()
  await frames.next()
  const begin = async () => {
    await end.start('r-1')
    expect(await frames.next()).toContain('WorkflowStarted')
  }
  return {
    connection,
    end,
    frames,
    ends,
    begin,
    fail: () => fail(new GatewayError('AGW_RUN_LIMIT')),
  }
}

test('a run that AgentOS does not end gets an error and no further frame', async () => {
  const { end, frames, ends, begin, fail } = await guarded()
  await begin()
  fail()
  const error = await frames.next()
  expect(error).toMatch(/^event: WorkflowError\ndata: /)
  expect(error).toContain('AGW_RUN_LIMIT')
  expect([await ends.next(), await ends.next()]).toEqual(['recorded AGW_RUN_LIMIT', 'over true'])
  end.event(STEP)
  end.event({ ...STEP, run_id: 'inner', ...{ workflow_run_id: 'r-1' } })
  end.event({ ...STEP, run_id: 'r-2' })
  expect(await frames.next()).toContain('r-2')
})

test('a command whose run has not started gets an error frame', async () => {
  const { end, frames, ends, fail } = await guarded()
  await end.next()
  fail()
  expect(JSON.parse(await frames.next())).toMatchObject({
    event: 'error',
    error_id: 'AGW_RUN_LIMIT',
  })
  expect([await ends.next(), await ends.next()]).toEqual(['recorded AGW_RUN_LIMIT', 'over true'])
})

test('a run whose client has left is read until it ends', async () => {
  const { connection, end, frames, ends, begin } = await guarded()
  await begin()
  connection.onClosed()
  connection.onClosed()
  expect(connection.isReadOn).toBe(true)
  end.event(STEP)
  end.event({ event: 'WorkflowCompleted', ...OF_RUN })
  expect(await ends.next()).toBe('recorded AGW_RUN_LIMIT')
  expect([await ends.next(), await ends.next()]).toEqual(['over true', 'read on'])
  await end.closed
  expect([connection.isReadOn, frames.size]).toEqual([false, 0])
})

test('a run whose client has left is read no longer than detach_timeout', async () => {
  const { connection, end, ends, begin } = await guarded({ detach_timeout: '1ms' })
  await begin()
  connection.onClosed()
  await end.closed
  expect([await ends.next(), await ends.next(), await ends.next()]).toEqual([
    'recorded undefined',
    'over false',
    'read on',
  ])
})

test('a left run that its guard has stopped closes the socket', async () => {
  const { connection, end, frames, ends, begin, fail } = await guarded()
  await begin()
  connection.onClosed()
  fail()
  await end.closed
  expect(await ends.next()).toBe('recorded AGW_RUN_LIMIT')
  expect([await ends.next(), await ends.next(), frames.size]).toEqual(['over true', 'read on', 0])
})

test('a left run whose upstream closes the socket is not read any more', async () => {
  const { connection, end, ends, begin } = await guarded()
  await begin()
  connection.onClosed()
  end.socket.terminate()
  expect(await ends.next()).toBe('recorded undefined')
  expect([await ends.next(), await ends.next()]).toEqual(['over false', 'read on'])
})
