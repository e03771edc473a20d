/** Callers that continue and cancel at the wrong time, and send large or unusual inputs. */
import { expect, test } from 'vitest'
import { startComposing } from '../../support/composer.ts'
import { eventsIn } from '../../support/events.ts'
import { configOf } from '../../support/gateway.ts'
import { JWT_AUTH, tokenFor } from '../../support/tokens.ts'
import type { Dict } from '../../unit/compose/recordings.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

const STEPS = [
  { name: 'gate', agent: 'echo', confirm: 'Go?' },
  { name: 'wait', agent: 'hang' },
]

async function start(steps: readonly object[] = STEPS, more: object = {}) {
  const scripted = await startScripted()
  const upstreams = [{ name: 'one', url: scripted.upstream.url }]
  const document = { upstreams, workflows: [{ id: 'w', steps }], ...more }
  const gateway = await startComposing(document)
  const post = (path: string, fields: Readonly<Record<string, string>>, headers = {}) => {
    const body = new URLSearchParams({ stream: 'false', ...fields })
    return fetch(`${gateway.url}/workflows/w/runs${path}`, { method: 'POST', body, headers })
  }
  const stored = async (runId: string, sessionId: string) => {
    const query = new URLSearchParams({ session_id: sessionId })
    const path = `/workflows/w/runs/${encodeURIComponent(runId)}?${query}`
    return (await (await fetch(gateway.url + path)).json()) as Dict
  }
  return { ...scripted, gateway, document, post, stored }
}

const confirmed = (output: Dict) =>
  JSON.stringify(
    (output['step_requirements'] as Dict[]).map(({ step_id }) => ({ step_id, confirmed: true })),
  )

const ECHO = [{ name: 'gate', agent: 'echo', confirm: 'Go?' }]

test('of ten continuations at once one runs and nine get 409', async () => {
  const { post, runs } = await start(ECHO)
  const paused = (await (await post('', { message: 'x', session_id: 's' })).json()) as Dict
  const fields = { session_id: 's', step_requirements: confirmed(paused) }
  const path = `/${paused['run_id']}/continue`
  const answers = await Promise.all(Array.from({ length: 10 }, () => post(path, fields)))
  const statuses = answers.map(({ status }) => status).sort()
  expect(statuses).toEqual([200, ...Array.from({ length: 9 }, () => 409)])
  expect(runs).toHaveLength(1)
})

test('another user can neither continue nor cancel a paused run', async () => {
  const { post, runs } = await start(ECHO, { auth: JWT_AUTH })
  const scopes = ['workflows:run', 'agents:run']
  const as = (sub: string) => ({ authorization: `Bearer ${tokenFor({ sub, scopes })}` })
  const given = await post('', { message: 'x', session_id: 's' }, as('ann'))
  const paused = (await given.json()) as Dict
  const fields = { session_id: 's', step_requirements: confirmed(paused) }
  const path = `/${paused['run_id']}`
  expect((await post(`${path}/continue`, fields, as('bob'))).status).toBe(404)
  await post(`${path}/cancel`, {}, as('bob'))
  expect(runs).toHaveLength(0)
  const continued = await post(`${path}/continue`, fields, as('ann'))
  expect(await continued.json()).toMatchObject({ status: 'COMPLETED' })
})

test('a cancel during a continuation ends it, and its member', async () => {
  const { post, stored, cancelled, upstream } = await start()
  const paused = (await (await post('', { message: 'x', session_id: 's' })).json()) as Dict
  const path = `/${paused['run_id']}`
  const fields = { session_id: 's', step_requirements: confirmed(paused) }
  const continued = post(`${path}/continue`, fields)
  const hanging = () => upstream.requests.some(({ url }) => url.startsWith('/agents/hang/runs'))
  await expect.poll(hanging).toBe(true)
  await post(`${path}/cancel`, {})
  expect(await (await continued).json()).toMatchObject({ status: 'CANCELLED' })
  await expect.poll(() => cancelled).toHaveLength(1)
  expect(await stored(String(paused['run_id']), 's')).toMatchObject({ status: 'CANCELLED' })
})

test('a run that was cancelled while it was paused cannot be continued', async () => {
  const { post, runs } = await start(ECHO)
  const paused = (await (await post('', { message: 'x', session_id: 's' })).json()) as Dict
  await post(`/${paused['run_id']}/cancel`, {})
  const fields = { session_id: 's', step_requirements: confirmed(paused) }
  expect((await post(`/${paused['run_id']}/continue`, fields)).status).toBe(409)
  expect(runs).toHaveLength(0)
})

test('a paused run waits for its definition, which a reload may remove or change', async () => {
  const { post, gateway, document, runs } = await start(ECHO)
  const paused = (await (await post('', { message: 'x', session_id: 's' })).json()) as Dict
  const fields = { session_id: 's', step_requirements: confirmed(paused) }
  const reload = (workflows: readonly object[]) => {
    const { composition } = configOf({ ...document, workflows })
    if (composition) gateway.composer.reload(composition)
  }
  const path = `/${paused['run_id']}/continue`
  reload([{ id: 'other', steps: ECHO }])
  expect((await post(path, fields)).status).toBe(404)
  reload([{ id: 'w', steps: [...ECHO, { name: 'more', agent: 'echo' }] }])
  expect((await post(path, fields)).status).toBe(409)
  reload([{ id: 'w', steps: ECHO }])
  expect(await (await post(path, fields)).json()).toMatchObject({ status: 'COMPLETED' })
  expect(runs).toHaveLength(1)
})

test('a message of a megabyte passes every step', async () => {
  const { post } = await start([
    { name: 'a', agent: 'echo-a' },
    { name: 'both', parallel: [{ name: 'b', agent: 'echo-b', input: '{{steps.a}}' }] },
  ])
  const message = 'é'.repeat(500_000)
  const whole = (await (await post('', { message })).json()) as Dict
  expect(whole).toMatchObject({ status: 'COMPLETED' })
  expect(String(whole['content']).length).toBeGreaterThan(message.length)
  const events = eventsIn(await (await post('', { message, stream: 'true' })).text())
  expect(events.at(-1)).toMatchObject({ event: 'WorkflowCompleted' })
})

test('ids and names of any script pass through runs, sessions and templates', async () => {
  const { post, stored, runs, gateway } = await start([
    { name: 'Entwurf “ä” 草稿', agent: 'echo' },
    { name: 'b', agent: 'echo-b', input: '{{steps.Entwurf “ä” 草稿}}' },
  ])
  const ids = { session_id: 'sitzung/ä 草 %2F', run_id: 'lauf ü/1', user_id: 'жук' }
  const output = (await (await post('', { message: '日本', ...ids })).json()) as Dict
  expect(output).toMatchObject({ content: 'echo-b(echo(日本))', ...ids })
  expect(runs[0]).toMatchObject({ session_id: `${ids.session_id}.echo`, user_id: 'жук' })
  const list = await fetch(`${gateway.url}/sessions?type=workflow&db_id=composer`)
  expect(await list.json()).toMatchObject({ data: [{ session_id: ids.session_id }] })
  const plain = (await (
    await post('', { message: 'x', session_id: '草', run_id: 'ü' })
  ).json()) as Dict
  expect(await stored('ü', '草')).toMatchObject({ content: plain['content'] })
})
