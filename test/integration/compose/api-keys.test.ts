/** Composed runs of callers with an API key. */
import { expect, test } from 'vitest'
import { apiKey, keyAuth } from '../../support/api-keys.ts'
import { startComposing } from '../../support/composer.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

const WORKFLOWS = [{ id: 'w', steps: [{ name: 'a', agent: 'echo' }] }]
const SCOPES = ['workflows:run', 'workflows:read', 'agents:run', 'sessions:read']

async function start(...keys: readonly { readonly entry: object }[]) {
  const scripted = await startScripted()
  const upstreams = [{ name: 'one', url: scripted.upstream.url }]
  const document = { upstreams, workflows: WORKFLOWS, auth: keyAuth(...keys) }
  return { scripted, gateway: await startComposing(document) }
}

async function runBy({ headers }: ReturnType<typeof apiKey>, url: string, fields: object = {}) {
  const body = new URLSearchParams({ message: 'x', session_id: 's', stream: 'false', ...fields })
  const response = await fetch(`${url}/workflows/w/runs`, { method: 'POST', headers, body })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('a composed run calls its members as the key, and forwards it nowhere', async () => {
  const ci = apiKey('ci', { scopes: SCOPES, user: 'robot' })
  const { scripted, gateway } = await start(ci)
  const { status, body } = await runBy(ci, gateway.url, { user_id: 'ann' })
  expect([status, body]).toMatchObject([200, { status: 'COMPLETED', user_id: 'robot' }])
  expect(scripted.runs).toHaveLength(1)
  expect(await gateway.log.access('/agents/echo/runs')).toMatchObject({ key: 'ci' })
  const sent = JSON.stringify(scripted.upstream.requests.map(({ rawHeaders }) => rawHeaders))
  expect(sent).not.toMatch(/agw_|agrun_/)
})

test('a member outside the scopes of the key is not run', async () => {
  const ci = apiKey('ci', { scopes: ['workflows:run', 'workflows:read', 'agents:other:run'] })
  const { scripted, gateway } = await start(ci)
  const { body } = await runBy(ci, gateway.url)
  expect(body['status']).not.toBe('COMPLETED')
  expect(scripted.runs).toEqual([])
})

test('sessions of a key with a user are hidden from other keys', async () => {
  const [ann, bob] = [
    apiKey('ann', { scopes: SCOPES, user: 'ann' }),
    apiKey('bob', { scopes: SCOPES, user: 'bob' }),
  ]
  const { gateway } = await start(ann, bob)
  expect((await runBy(ann, gateway.url)).status).toBe(200)
  const statusFor = async ({ headers }: typeof ann) => {
    const path = '/sessions/s?type=workflow&db_id=composer'
    return (await fetch(gateway.url + path, { headers })).status
  }
  expect([await statusFor(ann), await statusFor(bob)]).toEqual([200, 404])
  const listed = async ({ headers }: typeof ann) => {
    const response = await fetch(`${gateway.url}/sessions?type=workflow`, { headers })
    return JSON.stringify(await response.json())
  }
  expect(await listed(ann)).toContain('"s"')
  expect(await listed(bob)).not.toContain('"s"')
})
