/** Crashes of the composer and of the gateway in the middle of runs: every member run is executed once. */
import { expect, test, vi } from 'vitest'
import {
  agentsOf,
  begin,
  isContinuation,
  isListening,
  killComposer,
  PATIENT,
  resumed,
  rig,
  stored,
} from '../../support/composing-process.ts'
import { eventsIn } from '../../support/events.ts'
import type { LogLine } from '../../support/log-capture.ts'
import { JWT_AUTH, seconds, tokenFor } from '../../support/tokens.ts'

vi.setConfig({ testTimeout: 180_000 })

const hasExited = ({ msg }: LogLine) => msg === 'the composer exited: restarting it'

test('a workflow survives its composer, and no member runs twice', async () => {
  const { scripted, start } = await rig()
  const gateway = await start()
  await begin(gateway, '/workflows/w', { stream: 'false' })
  await expect.poll(() => agentsOf(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  scripted.release('gate-a')
  await killComposer(gateway)
  // The next composer starts without a pause, and takes the run up at its start.
  expect(await gateway.until(hasExited)).toMatchObject({ pauseMs: 0 })
  const { pid } = await gateway.until(isContinuation)
  expect(gateway.lines(isContinuation)).toHaveLength(1)
  expect(pid).not.toBe((await gateway.until(isListening))['pid'])
  scripted.release('gate-b')
  await expect
    .poll(() => stored(gateway, '/workflows/w'), PATIENT)
    .toMatchObject({ status: 'COMPLETED' })
  expect(agentsOf(scripted)).toEqual(['echo', 'echo-b', 'gate-a', 'gate-b'])
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
  await expect.poll(() => agentsOf(scripted), PATIENT).toEqual(['gate-a', 'gate-b'])
  scripted.release('gate-a')
  await killComposer(gateway)
  scripted.release('gate-b')
  await expect
    .poll(() => stored(gateway, '/teams/t'), PATIENT)
    .toMatchObject({ status: 'COMPLETED' })
  expect(agentsOf(scripted)).toEqual(['gate-a', 'gate-b'])
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
  expect(agentsOf(scripted)).toEqual(['echo', 'echo-b', 'gate-a', 'gate-b'])
})

test('a run continues after its gateway is killed and restarted', async () => {
  const { scripted, start } = await rig()
  const first = await start()
  await begin(first, '/workflows/w', { stream: 'false' })
  await expect.poll(() => agentsOf(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  first.child.kill('SIGKILL')
  await first.exited
  scripted.release('gate-a')
  scripted.release('gate-b')
  const second = await start()
  await expect
    .poll(() => stored(second, '/workflows/w'), PATIENT)
    .toMatchObject({ status: 'COMPLETED' })
  expect(agentsOf(scripted)).toEqual(['echo', 'echo-b', 'gate-a', 'gate-b'])
  expect(scripted.cancelled).toEqual([])
})

test('a member without a database fails its step after a crash', async () => {
  const { scripted, start } = await rig()
  const gateway = await start()
  await begin(gateway, '/workflows/inline', { stream: 'false' })
  await expect.poll(() => agentsOf(scripted), PATIENT).toEqual(['inline-gate'])
  await killComposer(gateway)
  await expect
    .poll(() => stored(gateway, '/workflows/inline'), PATIENT)
    .toMatchObject({ status: 'ERROR' })
  const { content } = await stored(gateway, '/workflows/inline')
  expect(content).toContain('its run cannot be followed')
  expect(agentsOf(scripted)).toEqual(['inline-gate'])
})

test('a cancel of a run that was taken over reaches its members', async () => {
  const { scripted, start } = await rig()
  const gateway = await start()
  await begin(gateway, '/workflows/w', { stream: 'false' })
  await expect.poll(() => agentsOf(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  await killComposer(gateway)
  await expect
    .poll(async () => {
      await fetch(`${gateway.url}/workflows/w/runs/r/cancel`, { method: 'POST' })
      return await stored(gateway, '/workflows/w')
    }, PATIENT)
    .toMatchObject({ status: 'CANCELLED' })
  const ids = scripted.runs.slice(1).map(({ run_id }) => run_id)
  await expect.poll(() => new Set(scripted.cancelled)).toEqual(new Set(ids))
})

test('a run with a token is continued with the token of its upstream', async () => {
  const credentials = { bearer: 'of-the-upstream' }
  const { scripted, start } = await rig({ auth: JWT_AUTH }, { credentials })
  const gateway = await start()
  const headers = { authorization: `Bearer ${tokenFor({ scopes: ['*'] })}` }
  await begin(gateway, '/workflows/w', { stream: 'false' }, headers)
  await expect.poll(() => agentsOf(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
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
  await expect.poll(() => agentsOf(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  await killComposer(gateway)
  const run = () => stored(gateway, '/workflows/w', headers)
  await expect.poll(run, PATIENT).toMatchObject({ status: 'ERROR' })
  expect((await run())['content']).toContain('tokens are not stored')
  expect(agentsOf(scripted)).toEqual(['echo', 'gate-a', 'gate-b'])
})

test('a run that was just continued survives its composer, and its member continues once', async () => {
  const { scripted, start } = await rig()
  const gateway = await start()
  const path = '/workflows/asks'
  await begin(gateway, path, { stream: 'false' })
  await expect.poll(() => stored(gateway, path), PATIENT).toMatchObject({ status: 'PAUSED' })
  await killComposer(gateway)
  await expect.poll(() => stored(gateway, path), PATIENT).toMatchObject({ status: 'PAUSED' })
  const { step_requirements } = await stored(gateway, path)
  const answers = (step_requirements as Record<string, object[]>[]).map((step) => {
    const inner = step['executor_requirements'] ?? []
    return { ...step, executor_requirements: inner.map((one) => ({ ...one, confirmation: true })) }
  })
  const body = new URLSearchParams({
    step_requirements: JSON.stringify(answers),
    session_id: 's',
  })
  await fetch(`${gateway.url}${path}/runs/r/continue`, { method: 'POST', body })
  await expect.poll(() => scripted.continued.length, PATIENT).toBe(1)
  const pids = gateway.lines(isListening).map(({ pid }) => pid)
  process.kill(Number(pids.at(-1)), 'SIGKILL')
  await gateway.until((line) => isListening(line) && !pids.includes(line['pid']))
  scripted.release('ask')
  await expect.poll(() => stored(gateway, path), PATIENT).toMatchObject({ status: 'COMPLETED' })
  expect(scripted.continued).toHaveLength(1)
  expect(agentsOf(scripted)).toEqual(['ask', 'echo-b'])
  const events = await resumed(gateway, path, -1)
  expect(events.map((event) => event['event_index'])).toEqual([...events.keys()])
  const continued = events.filter(({ event }) => event === 'RunContinued')
  expect(continued).toHaveLength(1)
})

test('a run outlasts the token of its caller', async () => {
  const credentials = { bearer: 'of-the-upstream' }
  const { scripted, start } = await rig({ auth: JWT_AUTH }, { credentials })
  const gateway = await start()
  const bearer = (exp: number) => ({
    authorization: `Bearer ${tokenFor({ scopes: ['*'], exp })}`,
  })
  const expiring = seconds(6)
  await begin(gateway, '/workflows/w', { stream: 'false' }, bearer(expiring))
  await expect.poll(() => agentsOf(scripted), PATIENT).toEqual(['echo', 'gate-a', 'gate-b'])
  await expect.poll(() => seconds() > expiring, PATIENT).toBe(true)
  scripted.release('gate-a')
  scripted.release('gate-b')
  const run = () => stored(gateway, '/workflows/w', bearer(seconds(3600)))
  await expect.poll(run, PATIENT).toMatchObject({ status: 'COMPLETED', user_id: 'u1' })
  expect(scripted.runs.at(-1)).toMatchObject({ agent: 'echo-b', user_id: 'u1' })
})
