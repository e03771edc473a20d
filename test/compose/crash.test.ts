/** Crashes of the composer while real AgentOS servers of two releases run its members. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startChatServer } from '../support/chat-server.ts'
import { eventsIn } from '../support/events.ts'
import type { LogLine } from '../support/log-capture.ts'
import { startProcess } from '../support/process.ts'
import { startMembers } from './agentos.ts'

/** Processes start slowly on a busy machine. */
const PATIENT = { timeout: 60_000 }
vi.setConfig({ testTimeout: 180_000 })

const isReady = ({ upstream, state }: LogLine) => upstream === 'composer' && state === 'ready'
const isListening = ({ msg }: LogLine) => msg === 'composer listening'

test('real members of a killed composer are read on and never run twice', async () => {
  const model = await startChatServer()
  const modelUrl = `${model.url}/v1`
  const [first, second] = await Promise.all([
    startMembers('agno-3.1.10', ['ida'], modelUrl),
    startMembers('agno-2.9.0', ['bob'], modelUrl),
  ])
  const directory = mkdtempSync(join(tmpdir(), 'real-crash-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const steps = [
    {
      name: 'both',
      parallel: [
        { name: 'a', agent: 'ida' },
        { name: 'b', agent: 'bob' },
      ],
    },
    { name: 'c', agent: 'ida', input: 'short' },
  ]
  const gateway = await startProcess({
    upstreams: [
      { name: 'new', url: first.url },
      { name: 'old', url: second.url },
    ],
    workflows: [{ id: 'w', steps }],
    composer: { database: `sqlite:${join(directory, 'c.db')}` },
  })
  await gateway.until(isReady)
  const fields = { message: 'crawl', run_id: 'r', session_id: 's' }
  const body = new URLSearchParams({ ...fields, background: 'true', stream: 'false' })
  const path = `${gateway.url}/workflows/w/runs`
  expect((await fetch(path, { method: 'POST', body })).status).toBe(202)
  const isRequested = ({ url }: { url: string }) => url.endsWith('/chat/completions')
  await expect.poll(() => model.requests.filter(isRequested).length, PATIENT).toBe(2)
  const { pid } = await gateway.until(isListening)
  process.kill(Number(pid), 'SIGKILL')
  await gateway.until((line) => isListening(line) && line['pid'] !== pid)
  const run = async () => (await fetch(`${path}/r?session_id=s`)).json()
  await expect.poll(run, PATIENT).toMatchObject({ status: 'COMPLETED' })
  expect(model.requests.filter(isRequested)).toHaveLength(3)
  const resumed = await fetch(`${path}/r/resume`, { method: 'POST', body: new URLSearchParams() })
  const events = eventsIn(await resumed.text()).filter((event) => 'event_index' in event)
  expect(events.map((event) => event['event_index'])).toEqual([...events.keys()])
  const names = events.map(({ event }) => event)
  for (const name of ['RunStarted', 'RunCompleted', 'StepCompleted']) {
    expect(
      names.filter((each) => each === name),
      name,
    ).toHaveLength(3)
  }
})
