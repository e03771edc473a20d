import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { buildComposer } from '../../../composer/app.ts'
import { SqliteStore } from '../../../src/compose/sqlite-store.ts'
import { configOf } from '../../support/gateway.ts'

function composition() {
  const steps = [{ name: 'a', agent: 'x' }]
  const upstreams = [{ name: 'one', url: 'http://one' }]
  const { composition: made } = configOf({ upstreams, workflows: [{ id: 'w', steps }] })
  if (made === undefined) throw new Error('nothing is composed')
  return made
}

const run = (runId: string, isBackground: boolean) => ({
  runId,
  sessionId: 's',
  kind: 'workflows' as const,
  componentId: 'w',
  userId: undefined,
  status: 'RUNNING',
  input: 'hello',
  isBackground,
  output: undefined,
  createdAt: 1,
  updatedAt: 1,
})

test('a composer ends runs that one before left in progress', async () => {
  const store = new SqliteStore(':memory:')
  store.saveRun(run('r', true))
  store.appendEvent('r', 0, { event: 'WorkflowStarted', event_index: 0 })
  store.saveRun(run('t', false))
  const logger = pino({ level: 'silent' })
  const gatewayUrl = 'http://127.0.0.1:9'
  const composer = buildComposer({ composition: composition(), gatewayUrl, store, logger })
  onTestFinished(() => composer.close())
  const url = '/workflows/w/runs/r'
  const stored = await composer.app.inject({ url: `${url}?session_id=s` })
  expect(stored.json()).toMatchObject({ run_id: 'r', status: 'ERROR' })
  const payload = 'last_event_index=0'
  const resumed = await composer.app.inject({ method: 'POST', url: `${url}/resume`, payload })
  expect(resumed.body).toContain('event: WorkflowError')
  expect(resumed.body).toContain('"event_index":1')
  expect(store.run('t')).toMatchObject({ status: 'ERROR' })
})

test('a run id that exists is refused instead of run again', async () => {
  const store = new SqliteStore(':memory:')
  store.saveRun({ ...run('r', false), status: 'COMPLETED', output: undefined })
  const logger = pino({ level: 'silent' })
  const gatewayUrl = 'http://127.0.0.1:9'
  const composer = buildComposer({ composition: composition(), gatewayUrl, store, logger })
  onTestFinished(() => composer.close())
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const payload = 'message=x&run_id=r'
  const url = '/workflows/w/runs'
  const answer = await composer.app.inject({ method: 'POST', url, payload, headers })
  expect(answer.statusCode).toBe(409)
  expect(answer.json()).toEqual({ detail: 'Run r exists already' })
})
