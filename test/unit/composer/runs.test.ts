import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import type { Composer } from '../../../composer/app.ts'
import { buildComposer } from '../../../composer/app.ts'
import { SqliteStore } from '../../../src/compose/sqlite-store.ts'
import { configOf } from '../../support/gateway.ts'
import { storedRun } from '../../support/stored-run.ts'

function composerOf(store: SqliteStore): Composer {
  const steps = [{ name: 'a', agent: 'x' }]
  const upstreams = [{ name: 'one', url: 'http://one' }]
  const { composition } = configOf({ upstreams, workflows: [{ id: 'w', steps }] })
  if (composition === undefined) throw new Error('nothing is composed')
  const logger = pino({ level: 'silent' })
  const gateway = { url: 'http://127.0.0.1:9' }
  const composer = buildComposer({ composition, gateway, store, logger })
  onTestFinished(() => composer.close())
  return composer
}

test('a run whose definition has changed since it was interrupted ends with an error', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'composer-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'c.db')
  const before = new SqliteStore(file)
  const request = { version: 'another' }
  await before.createRun(storedRun('r', { request }))
  const started = { index: 0, event: { event: 'WorkflowStarted' }, position: undefined }
  await before.appendEvent('r', started)
  await before.close()
  const { app } = composerOf(new SqliteStore(file))
  const url = '/workflows/w/runs/r'
  const stored = () => app.inject({ url: `${url}?session_id=s` })
  await expect.poll(async () => (await stored()).json()).toMatchObject({ status: 'ERROR' })
  const payload = 'last_event_index=0'
  const resumed = await app.inject({ method: 'POST', url: `${url}/resume`, payload })
  expect(resumed.body).toContain('event: WorkflowError')
  expect(resumed.body).toContain('"event_index":1')
})

test('an existing run id is refused', async () => {
  const store = new SqliteStore(':memory:')
  await store.createRun(storedRun('r', { status: 'COMPLETED' }))
  const { app } = composerOf(store)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const payload = 'message=x&run_id=r'
  const answer = await app.inject({ method: 'POST', url: '/workflows/w/runs', payload, headers })
  expect(answer.statusCode).toBe(409)
  expect(answer.json()).toEqual({ detail: 'Run r exists already' })
})
