/** The sessions that members have in their AgentOS, when the composed session is deleted or renamed. */
import { expect, test } from 'vitest'
import { startComposing } from '../../support/composer.ts'
import { startDataAgentOs } from '../../support/data-agentos.ts'

const row = (session_id: string) => ({ session_id, session_name: 'hello', session_type: 'agent' })

/** A workflow of two members on two servers, which have sessions of one run and others. */
async function start() {
  const one = await startDataAgentOs(
    { a: { sessions: [row('s.ann'), row('s'), row('other.ann')] } },
    { agents: ['ann'] },
  )
  const two = await startDataAgentOs({ b: { sessions: [row('s.two-bob')] } }, { teams: ['bob'] })
  const upstreams = [
    { name: 'one', url: one.url },
    { name: 'two', url: two.url, prefix: 'two-' },
  ]
  const steps = [
    { name: 'first', agent: 'ann', optional: true },
    { name: 'second', parallel: [{ name: 'third', team: 'two/bob', optional: true }] },
  ]
  const document = { upstreams, workflows: [{ id: 'w', steps }] }
  const { url } = await startComposing(document)
  const body = new URLSearchParams({ message: 'x', session_id: 's', stream: 'false' })
  await fetch(`${url}/workflows/w/runs`, { method: 'POST', body })
  const changes = ({ asked }: typeof one) => asked.filter((line) => /DELETE|rename/.test(line))
  const sessions = () => [one.databases['a'], two.databases['b']].map((db) => db?.['sessions'])
  return { url, one, two, changes, sessions }
}

const COMPOSED = 'type=workflow&db_id=composer'

test('deleting a composed session deletes the sessions of its members', async () => {
  const { url, sessions } = await start()
  const answer = await fetch(`${url}/sessions/s?${COMPOSED}`, { method: 'DELETE' })
  expect(answer.status).toBe(204)
  expect(sessions()).toEqual([[row('s'), row('other.ann')], []])
})

test('deleting several composed sessions deletes the sessions of their members', async () => {
  const { url, sessions } = await start()
  const answer = await fetch(`${url}/sessions?${COMPOSED}`, {
    method: 'DELETE',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      session_ids: ['s', 'unknown'],
      session_types: ['workflow', 'workflow'],
    }),
  })
  expect(answer.status).toBe(204)
  expect(sessions()).toEqual([[row('s'), row('other.ann')], []])
})

test('renaming a composed session renames the sessions of its members', async () => {
  const { url, one, two, changes } = await start()
  const answer = await fetch(`${url}/sessions/s/rename?${COMPOSED}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"session_name":"Moon"}',
  })
  expect(answer.status).toBe(200)
  expect(changes(one)).toEqual(['POST /sessions/s.ann/rename?type=agent'])
  expect(changes(two)).toEqual(['POST /sessions/s.two-bob/rename?type=team'])
})

test('a composed session can be deleted while a server of its members is down', async () => {
  const { url, one, sessions } = await start()
  await one.close()
  const answer = await fetch(`${url}/sessions/s?${COMPOSED}`, { method: 'DELETE' })
  expect(answer.status).toBe(204)
  expect(sessions()[1]).toEqual([])
  expect((await fetch(`${url}/sessions/s?${COMPOSED}`)).status).toBe(404)
})
