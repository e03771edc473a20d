/** Two gateways with a composer each share the runs of one PostgreSQL database. */
import { expect, test, vi } from 'vitest'
import {
  eventsUntilBreak,
  isContinuation,
  isListening,
  isReady,
  PATIENT,
} from '../support/composing-process.ts'
import { eventsIn } from '../support/events.ts'
import { startPostgres } from '../support/postgres.ts'
import type { GatewayProcess } from '../support/process.ts'
import { startProcess } from '../support/process.ts'
import type { Scripted } from '../unit/compose/scripted.ts'
import { startScripted } from '../unit/compose/scripted.ts'

vi.setConfig({ testTimeout: 180_000 })

interface Rig {
  readonly scripted: Scripted
  readonly first: GatewayProcess
  readonly second: GatewayProcess
}

async function rig(more: object = {}): Promise<Rig> {
  const scripted = await startScripted()
  const { url: database } = await startPostgres()
  const steps = [
    { name: 'start', agent: 'echo' },
    {
      name: 'both',
      parallel: [
        { name: 'a', agent: 'gate-a' },
        { name: 'b', agent: 'gate-b' },
      ],
    },
    { name: 'end', agent: 'echo-b' },
  ]
  const document = {
    upstreams: [{ name: 'one', url: scripted.upstream.url }],
    workflows: [{ id: 'w', steps }],
    composer: { database },
    ...more,
  }
  const [first, second] = await Promise.all([startProcess(document), startProcess(document)])
  await Promise.all([first.until(isReady), second.until(isReady)])
  return { scripted, first, second }
}

async function begin({ url }: GatewayProcess, more: object = {}): Promise<Response> {
  const fields = { message: 'x', run_id: 'r', session_id: 's', background: 'true', stream: 'false' }
  const body = new URLSearchParams({ ...fields, ...more })
  const response = await fetch(`${url}/workflows/w/runs`, { method: 'POST', body })
  expect(response.ok).toBe(true)
  return response
}

async function run({ url }: GatewayProcess): Promise<unknown> {
  const response = await fetch(`${url}/workflows/w/runs/r?session_id=s`)
  return response.ok ? await response.json() : undefined
}

async function resumed({ url }: GatewayProcess): Promise<Record<string, unknown>[]> {
  const body = new URLSearchParams({ session_id: 's' })
  const response = await fetch(`${url}/workflows/w/runs/r/resume`, { method: 'POST', body })
  return eventsIn(await response.text()).filter((event) => event['event_index'] !== undefined)
}

const agents = ({ runs }: Scripted) => runs.map(({ agent }) => agent)

test('a second composer continues the runs of one that is killed', async () => {
  const { scripted, first, second } = await rig()
  await begin(first)
  await expect.poll(() => agents(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  const events = resumed(second)
  const { pid } = await first.until(isListening)
  // The first composer renews its lease.
  expect(second.lines(isContinuation)).toEqual([])
  first.child.kill('SIGKILL')
  process.kill(Number(pid), 'SIGKILL')
  scripted.release('gate-a')
  await second.until(isContinuation)
  scripted.release('gate-b')
  await expect.poll(() => run(second), PATIENT).toMatchObject({ status: 'COMPLETED' })
  expect(agents(scripted)).toEqual(['echo', 'gate-a', 'gate-b', 'echo-b'])
  const indices = (await events).map((event) => event['event_index'])
  expect(indices).toEqual([...indices.keys()])
  expect((await events).at(-1)).toMatchObject({ event: 'WorkflowCompleted' })
})

test('a composer that hangs loses its runs and cancels none of their members', async () => {
  const { scripted, first, second } = await rig()
  await begin(first)
  await expect.poll(() => agents(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  const { pid } = await first.until(isListening)
  process.kill(Number(pid), 'SIGSTOP')
  await second.until(isContinuation)
  process.kill(Number(pid), 'SIGCONT')
  scripted.release('gate-a')
  scripted.release('gate-b')
  await expect.poll(() => run(second), PATIENT).toMatchObject({ status: 'COMPLETED' })
  await expect.poll(() => run(first), PATIENT).toMatchObject({ status: 'COMPLETED' })
  expect(agents(scripted)).toEqual(['echo', 'gate-a', 'gate-b', 'echo-b'])
  expect(scripted.cancelled).toEqual([])
})

test('a run of one composer is cancelled through the other', async () => {
  const { scripted, first, second } = await rig()
  await begin(first)
  await expect.poll(() => agents(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  await fetch(`${second.url}/workflows/w/runs/r/cancel`, { method: 'POST' })
  await expect.poll(() => run(second), PATIENT).toMatchObject({ status: 'CANCELLED' })
  const ids = scripted.runs.slice(1).map(({ run_id }) => run_id)
  expect(new Set(scripted.cancelled)).toEqual(new Set(ids))
})

test.each([
  ['background', { background: 'true' }],
  ['streamed', { background: 'false', stream: 'true' }],
])('a second composer continues a %s run of one that drains', async (_kind, fields) => {
  const { scripted, first, second } = await rig({ drain_timeout: '50ms' })
  const response = await begin(first, fields)
  await expect.poll(() => agents(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  first.child.kill('SIGTERM')
  const events = await eventsUntilBreak(response)
  expect(await first.exited).toBe(0)
  await second.until(isContinuation)
  scripted.release('gate-a')
  scripted.release('gate-b')
  await expect.poll(() => run(second), PATIENT).toMatchObject({ status: 'COMPLETED' })
  expect(agents(scripted)).toEqual(['echo', 'gate-a', 'gate-b', 'echo-b'])
  expect(scripted.cancelled).toEqual([])
  if (fields.background === 'true') return
  expect(events.at(-1)).toMatchObject({ error_id: 'AGW_DRAINING' })
  const all = await resumed(second)
  expect(all.map((event) => event['event_index'])).toEqual([...all.keys()])
  expect(all.at(-1)).toMatchObject({ event: 'WorkflowCompleted' })
})
