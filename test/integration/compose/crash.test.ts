/** Crashes of the composer and of the gateway in the middle of runs: every member run is executed once. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startChatServer } from '../../support/chat-server.ts'
import { eventsIn } from '../../support/events.ts'
import { freePort } from '../../support/free-port.ts'
import type { LogLine } from '../../support/log-capture.ts'
import type { GatewayProcess } from '../../support/process.ts'
import { startProcess } from '../../support/process.ts'
import { JWT_AUTH, tokenFor } from '../../support/tokens.ts'
import type { Scripted } from '../../unit/compose/scripted.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

/** Processes start slowly on a busy machine. */
const PATIENT = { timeout: 60_000 }
vi.setConfig({ testTimeout: 180_000 })

const isReady = ({ upstream, state }: LogLine) => upstream === 'composer' && state === 'ready'
const isListening = ({ msg }: LogLine) => msg === 'composer listening'

interface Rig {
  readonly scripted: Scripted
  /** Starts the gateway; its composer has the database of the one before. */
  start(): Promise<GatewayProcess>
}

const STEPS = [
  { name: 'first', agent: 'echo' },
  {
    name: 'both',
    parallel: [
      { name: 'a', agent: 'gate-a' },
      { name: 'b', agent: 'gate-b' },
    ],
  },
  { name: 'last', agent: 'echo-b' },
]

async function rig(more: object = {}, upstream: object = {}): Promise<Rig> {
  const scripted = await startScripted()
  const { url: base_url } = await startChatServer()
  const directory = mkdtempSync(join(tmpdir(), 'crash-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const port = await freePort()
  const document = {
    listen: { port },
    upstreams: [{ name: 'one', url: scripted.upstream.url, ...upstream }],
    workflows: [
      { id: 'w', steps: STEPS },
      { id: 'inline', steps: [{ name: 'a', agent: 'inline-gate' }] },
    ],
    models: { m: { base_url, model: 'm' } },
    teams: [{ id: 't', model: 'm', members: [{ agent: 'gate-a' }, { agent: 'gate-b' }] }],
    composer: { database: `sqlite:${join(directory, 'c.db')}` },
    ...more,
  }
  const start = async () => {
    const gateway = await startProcess(document)
    await gateway.until(isReady)
    return gateway
  }
  return { scripted, start }
}

async function begin(gateway: GatewayProcess, path: string, fields: object = {}, headers = {}) {
  const body = new URLSearchParams({
    message: 'both x',
    run_id: 'r',
    session_id: 's',
    background: 'true',
    ...fields,
  })
  const response = await fetch(`${gateway.url}${path}/runs`, { method: 'POST', body, headers })
  expect(response.status).toBeLessThan(300)
  return response
}

async function stored(
  gateway: GatewayProcess,
  path: string,
  headers = {},
): Promise<Record<string, unknown>> {
  const response = await fetch(`${gateway.url}${path}/runs/r?session_id=s`, { headers })
  return response.ok ? ((await response.json()) as Record<string, unknown>) : {}
}

async function killComposer(gateway: GatewayProcess): Promise<void> {
  const { pid } = await gateway.until(isListening)
  process.kill(Number(pid), 'SIGKILL')
  await gateway.until((line) => isListening(line) && line['pid'] !== pid)
}

async function resumed(gateway: GatewayProcess, path: string, last: number) {
  const body = new URLSearchParams({ last_event_index: `${last}`, session_id: 's' })
  const response = await fetch(`${gateway.url}${path}/runs/r/resume`, { method: 'POST', body })
  return eventsIn(await response.text()).filter((event) => event['event_index'] !== undefined)
}

const agents = ({ runs }: Scripted) => runs.map(({ agent }) => agent)

test('a workflow survives its composer, and no member runs twice', async () => {
  const { scripted, start } = await rig()
  const gateway = await start()
  await begin(gateway, '/workflows/w', { stream: 'false' })
  await expect.poll(() => agents(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  scripted.release('gate-a')
  await killComposer(gateway)
  scripted.release('gate-b')
  await expect
    .poll(() => stored(gateway, '/workflows/w'), PATIENT)
    .toMatchObject({ status: 'COMPLETED' })
  expect(agents(scripted)).toEqual(['echo', 'gate-a', 'gate-b', 'echo-b'])
  const events = await resumed(gateway, '/workflows/w', -1)
  expect(events.map((event) => event['event_index'])).toEqual([...events.keys()])
  const names = events.map(({ event }) => event)
  for (const name of [
    'WorkflowStarted',
    'ParallelExecutionStarted',
    'ParallelExecutionCompleted',
  ]) {
    expect(
      names.filter((each) => each === name),
      name,
    ).toHaveLength(1)
  }
  for (const name of ['StepStarted', 'StepCompleted', 'RunStarted', 'RunContent', 'RunCompleted']) {
    expect(
      names.filter((each) => each === name),
      name,
    ).toHaveLength(4)
  }
  expect(names.at(-1)).toBe('WorkflowCompleted')
})

test('a team survives its composer, and no leader or member is called twice', async () => {
  const { scripted, start } = await rig()
  const gateway = await start()
  await begin(gateway, '/teams/t', { stream: 'false' })
  await expect.poll(() => agents(scripted), PATIENT).toEqual(['gate-a', 'gate-b'])
  scripted.release('gate-a')
  await killComposer(gateway)
  scripted.release('gate-b')
  await expect
    .poll(() => stored(gateway, '/teams/t'), PATIENT)
    .toMatchObject({ status: 'COMPLETED' })
  expect(agents(scripted)).toEqual(['gate-a', 'gate-b'])
  const names = (await resumed(gateway, '/teams/t', -1)).map(({ event }) => event)
  const requests = names.filter((name) => name === 'TeamModelRequestCompleted')
  expect(requests).toHaveLength(2)
})

test('a caller reads the rest of a streamed run after a crash', async () => {
  const { scripted, start } = await rig()
  const gateway = await start()
  const response = await begin(gateway, '/workflows/w', { background: 'false' })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (eventsIn(text).filter(({ event }) => event === 'RunStarted').length < 3) {
    text += (await reader?.read())?.value ?? ''
  }
  const seen = eventsIn(text).length
  await killComposer(gateway)
  scripted.release('gate-a')
  scripted.release('gate-b')
  const rest = await resumed(gateway, '/workflows/w', seen - 1)
  expect(rest[0]?.['event_index']).toBe(seen)
  expect(rest.at(-1)).toMatchObject({ event: 'WorkflowCompleted' })
  expect(agents(scripted)).toEqual(['echo', 'gate-a', 'gate-b', 'echo-b'])
})

test('a run continues after its gateway is killed and restarted', async () => {
  const { scripted, start } = await rig()
  const first = await start()
  await begin(first, '/workflows/w', { stream: 'false' })
  await expect.poll(() => agents(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  first.child.kill('SIGKILL')
  await first.exited
  scripted.release('gate-a')
  scripted.release('gate-b')
  const second = await start()
  await expect
    .poll(() => stored(second, '/workflows/w'), PATIENT)
    .toMatchObject({ status: 'COMPLETED' })
  expect(agents(scripted)).toEqual(['echo', 'gate-a', 'gate-b', 'echo-b'])
  expect(scripted.cancelled).toEqual([])
})

test('a member without a database fails its step after a crash', async () => {
  const { scripted, start } = await rig()
  const gateway = await start()
  await begin(gateway, '/workflows/inline', { stream: 'false' })
  await expect.poll(() => agents(scripted), PATIENT).toEqual(['inline-gate'])
  await killComposer(gateway)
  await expect
    .poll(() => stored(gateway, '/workflows/inline'), PATIENT)
    .toMatchObject({ status: 'ERROR' })
  const { content } = await stored(gateway, '/workflows/inline')
  expect(content).toContain('its run cannot be followed')
  expect(agents(scripted)).toEqual(['inline-gate'])
})

test('a cancel of a run that was taken up reaches its members', async () => {
  const { scripted, start } = await rig()
  const gateway = await start()
  await begin(gateway, '/workflows/w', { stream: 'false' })
  await expect.poll(() => agents(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  await killComposer(gateway)
  await expect
    .poll(async () => {
      await fetch(`${gateway.url}/workflows/w/runs/r/cancel`, { method: 'POST' })
      return await stored(gateway, '/workflows/w')
    }, PATIENT)
    .toMatchObject({ status: 'CANCELLED' })
  const ids = scripted.runs.slice(1).map(({ run_id }) => run_id)
  expect(new Set(scripted.cancelled)).toEqual(new Set(ids))
})

test('a run with a token is continued with the token of its upstream', async () => {
  const credentials = { bearer: 'of-the-upstream' }
  const { scripted, start } = await rig({ auth: JWT_AUTH }, { credentials })
  const gateway = await start()
  const headers = { authorization: `Bearer ${tokenFor({ scopes: ['*'] })}` }
  await begin(gateway, '/workflows/w', { stream: 'false' }, headers)
  await expect.poll(() => agents(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  scripted.release('gate-a')
  await killComposer(gateway)
  scripted.release('gate-b')
  const run = () => stored(gateway, '/workflows/w', headers)
  await expect.poll(run, PATIENT).toMatchObject({ status: 'COMPLETED', user_id: 'u1' })
  expect(scripted.runs.at(-1)).toMatchObject({
    agent: 'echo-b',
    authorization: 'Bearer of-the-upstream',
    user_id: 'u1',
  })
})

test('a run whose upstream needs the token of its caller fails after a crash', async () => {
  const { scripted, start } = await rig({ auth: JWT_AUTH })
  const gateway = await start()
  const headers = { authorization: `Bearer ${tokenFor({ scopes: ['*'] })}` }
  await begin(gateway, '/workflows/w', { stream: 'false' }, headers)
  await expect.poll(() => agents(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  await killComposer(gateway)
  const run = () => stored(gateway, '/workflows/w', headers)
  await expect.poll(run, PATIENT).toMatchObject({ status: 'ERROR' })
  expect((await run())['content']).toContain('tokens are not stored')
  expect(agents(scripted)).toEqual(['echo', 'gate-a', 'gate-b'])
})
