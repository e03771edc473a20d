import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { startGateway } from '../../support/gateway.ts'
import { SECRET, tokenFor } from '../../support/tokens.ts'
import { ask } from './support.ts'

const FIRST =
  'event: RunStarted\ndata: {"event":"RunStarted","run_id":"run-1","session_id":"session-1"}\n\n'

interface Listed {
  readonly open: number
  readonly runs: readonly Readonly<Record<string, unknown>>[]
}

/** A gateway with one run that has sent its first event. */
async function withOpenRun(document: object = {}, headers: Record<string, string> = {}) {
  const upstream = await startAgentOs({ agents: ['echo'] })
  const gateway = await startGateway(
    { upstreams: [{ name: 'u', url: upstream.url }], ...document },
    { ready: ['u'] },
  )
  const body = new URLSearchParams({ message: 'hello', stream: 'true' })
  const caller = new AbortController()
  const answer = fetch(`${gateway.url}/agents/echo/runs`, {
    method: 'POST',
    headers,
    body,
    signal: caller.signal,
  })
  const response = (await upstream.next()).events()
  response.write(FIRST)
  const live = async () => (await ask<Listed>(`${gateway.url}/gateway/live`, { headers })).body
  return { ...gateway, answer: await answer, response, live }
}

test('an open run is listed with component and ids, without query', async () => {
  const { live, response, answer } = await withOpenRun()
  await expect
    .poll(async () => (await live()).runs)
    .toMatchObject([
      {
        type: 'stream',
        method: 'POST',
        path: '/agents/echo/runs',
        component: 'agents/echo',
        upstream: 'u',
        user: null,
        client: '127.0.0.1',
        run_id: 'run-1',
        session_id: 'session-1',
        events: 1,
        detached: false,
        first_event_seconds: expect.any(Number),
      },
    ])
  response.end()
  await answer.text()
  await expect.poll(async () => (await live()).open).toBe(0)
})

test('the event stream sends the same list', async () => {
  const { url, response } = await withOpenRun()
  const stream = await fetch(`${url}/gateway/live`, { headers: { accept: 'text/event-stream' } })
  expect(stream.headers.get('content-type')).toContain('text/event-stream')
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  const { value = '' } = (await reader?.read()) ?? {}
  expect(value).toMatch(/^event: live\ndata: \{.*"run_id":"run-1"/)
  await reader?.cancel()
  response.end()
})

test('a detached run continues without its caller', async () => {
  const { url, live, response, answer } = await withOpenRun()
  const { runs } = await live()
  const path = `${url}/gateway/live/${String(runs[0]?.['id'])}/detach`
  expect((await ask(path, { method: 'POST' })).status).toBe(204)
  await expect(answer.text()).rejects.toThrow()
  await expect.poll(async () => (await live()).runs[0]?.['detached']).toBe(true)
  expect(response.destroyed).toBe(false)
  expect((await ask(path, { method: 'POST' })).status).toBe(404)
  response.end()
  await expect.poll(async () => (await live()).runs).toEqual([])
})

test('only administrators may list the runs in flight', async () => {
  const auth = { mode: 'jwt', authorization: true, keys: [{ alg: 'HS256', secret: SECRET }] }
  const bearer = (scopes: string[]) => ({ authorization: `Bearer ${tokenFor({ scopes })}` })
  const admin = bearer(['agent_os:admin'])
  const { url, live, response } = await withOpenRun({ auth }, admin)
  for (const path of ['live', 'history', 'config', 'catalogue', 'status']) {
    expect((await ask(`${url}/gateway/${path}`)).status).toBe(401)
    const headers = bearer(['agents:read', 'agents:run'])
    const refused = await ask(`${url}/gateway/${path}`, { headers })
    expect(refused.status).toBe(403)
    expect(refused.body['detail']).toContain('agent_os:admin')
    expect((await ask(`${url}/gateway/${path}`, { headers: admin })).status).toBe(200)
  }
  const { runs } = await live()
  expect(runs[0]?.['user']).toBe('u1')
  expect(JSON.stringify(runs)).not.toContain(admin.authorization)
  response.end()
})

test('/gateway/catalogue groups ids by the upstream that serves them', async () => {
  const { url, response } = await withOpenRun()
  expect((await ask(`${url}/gateway/catalogue`)).body).toEqual({
    agents: { u: ['echo'] },
    teams: {},
    workflows: {},
  })
  response.end()
})

test('/gateway/history refuses an unknown step', async () => {
  const { url, response } = await withOpenRun()
  expect((await ask(`${url}/gateway/history?step=1h`)).status).toBe(400)
  const view = await ask(`${url}/gateway/history?step=1m&component=agents/echo`)
  expect(view.body).toMatchObject({ step_seconds: 60, component: 'agents/echo', processes: 1 })
  response.end()
})
