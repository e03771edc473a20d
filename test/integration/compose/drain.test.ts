/** Shutdowns in order while composed runs are in progress: they finish within the drain, or continue after the restart. */
import { expect, test, vi } from 'vitest'
import {
  agentsOf,
  begin,
  eventsUntilBreak,
  PATIENT,
  resumed,
  rig,
  stored,
} from '../../support/composing-process.ts'
import { eventsIn } from '../../support/events.ts'
import type { GatewayProcess } from '../../support/process.ts'

vi.setConfig({ testTimeout: 180_000 })

const WAITING = ['echo', 'gate-a', 'gate-b']
const MEMBERS = ['echo', 'echo-b', 'gate-a', 'gate-b']
const FOREGROUND = { background: 'false' }

async function refusesConnections({ url }: GatewayProcess): Promise<void> {
  const isClosed = () =>
    fetch(`${url}/health`, { headers: { connection: 'close' } }).then(
      () => false,
      () => true,
    )
  await expect.poll(isClosed, PATIENT).toBe(true)
}

test.each([1, 2])('a streamed run finishes during the drain of %i workers', async (workers) => {
  const { scripted, start } = await rig({ drain_timeout: '2m', workers })
  const gateway = await start()
  const response = await begin(gateway, '/workflows/w', FOREGROUND)
  await expect.poll(() => agentsOf(scripted), PATIENT).toEqual(WAITING)
  gateway.child.kill('SIGTERM')
  await gateway.until(({ msg }) => msg === 'draining')
  scripted.release('gate-a')
  scripted.release('gate-b')
  expect(eventsIn(await response.text()).at(-1)).toMatchObject({ event: 'WorkflowCompleted' })
  expect(agentsOf(scripted)).toEqual(MEMBERS)
  expect(await gateway.exited).toBe(0)
})

test.each([1, 2])('a background run survives a restart of %i workers', async (workers) => {
  const { scripted, start } = await rig({ drain_timeout: '1h', workers })
  const first = await start()
  await begin(first, '/workflows/w', { stream: 'false' })
  await expect.poll(() => agentsOf(scripted), PATIENT).toEqual(WAITING)
  first.child.kill('SIGTERM')
  expect(await first.exited).toBe(0)
  scripted.release('gate-a')
  const second = await start()
  scripted.release('gate-b')
  const run = () => stored(second, '/workflows/w')
  await expect.poll(run, PATIENT).toMatchObject({ status: 'COMPLETED' })
  expect(agentsOf(scripted)).toEqual(MEMBERS)
  expect(scripted.cancelled).toEqual([])
})

test('a streamed run that outlasts the drain continues after the restart', async () => {
  const { scripted, start } = await rig({ drain_timeout: '50ms' }, { on_disconnect: 'cancel' })
  const first = await start()
  const response = await begin(first, '/workflows/w', FOREGROUND)
  await expect.poll(() => agentsOf(scripted), PATIENT).toEqual(WAITING)
  first.child.kill('SIGTERM')
  const events = await eventsUntilBreak(response)
  expect(events.at(-1)).toMatchObject({ error_type: 'gateway_error', error_id: 'AGW_DRAINING' })
  expect(await first.exited).toBe(0)
  const second = await start()
  scripted.release('gate-a')
  scripted.release('gate-b')
  const rest = await resumed(second, '/workflows/w', events.length - 2)
  expect(rest[0]?.['event_index']).toBe(events.length - 1)
  expect(rest.at(-1)).toMatchObject({ event: 'WorkflowCompleted' })
  expect(agentsOf(scripted)).toEqual(MEMBERS)
  expect(scripted.cancelled).toEqual([])
})

test('a service manager that stops all processes at once breaks no streamed run', async () => {
  const { scripted, start } = await rig({ drain_timeout: '2m' })
  const gateway = await start()
  const response = await begin(gateway, '/workflows/w', FOREGROUND)
  await expect.poll(() => agentsOf(scripted), PATIENT).toEqual(WAITING)
  const { pid } = await gateway.until(({ msg }) => msg === 'composer listening')
  process.kill(Number(pid), 'SIGTERM')
  gateway.child.kill('SIGTERM')
  await refusesConnections(gateway)
  scripted.release('gate-a')
  scripted.release('gate-b')
  expect(eventsIn(await response.text()).at(-1)).toMatchObject({ event: 'WorkflowCompleted' })
  expect(agentsOf(scripted)).toEqual(MEMBERS)
})
