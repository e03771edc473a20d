/** Pauses and lists of tasks with members on real AgentOS of two releases, compared with real Agno and its effects. */
import { expect, test } from 'vitest'
import { startChatServer } from '../support/chat-server.ts'
import { startComposing } from '../support/composer.ts'
import type { Dict, Event } from '../unit/compose/recordings.ts'
import { recording } from '../unit/compose/recordings.ts'
import { startMembers } from './agentos.ts'

const RELEASES = ['agno-2.9.0', 'agno-3.1.10'] as const

async function start() {
  const chat = await startChatServer()
  const model = `${chat.url}/v1`
  const [neu, old] = await Promise.all([
    startMembers('agno-3.1.10', ['payer', 'wes', 'sender', 'ada'], model),
    startMembers('agno-2.9.0', ['payer2', 'looker', 'bea'], model),
  ])
  const document = {
    upstreams: [
      { name: 'new', url: neu.url, prefix: '' },
      { name: 'old', url: old.url, prefix: 'old-' },
    ],
    models: { fake: { base_url: model, model: 'fake' } },
    teams: [
      { id: 'payers', name: 'Payers', model: 'fake', members: [{ agent: 'payer' }] },
      {
        id: 'both',
        model: 'fake',
        members: [{ agent: 'payer' }, { agent: 'old/payer2' }],
      },
      {
        id: 'all',
        model: 'fake',
        mode: 'broadcast',
        members: [{ agent: 'sender' }, { agent: 'old/looker' }, { agent: 'wes' }],
      },
      {
        id: 'listed',
        model: 'fake',
        mode: 'tasks',
        members: [{ agent: 'ada' }, { agent: 'old/bea' }],
      },
      { id: 'teams', model: 'fake', members: [{ team: 'crew' }, { team: 'old/crew' }] },
      {
        id: 'flows',
        model: 'fake',
        members: [{ workflow: 'asks-twice' }, { workflow: 'old/asks-twice' }],
      },
    ],
    workflows: [
      {
        id: 'asks',
        name: 'Asks',
        steps: [
          { name: 'gate', agent: 'old/payer2' },
          { name: 'after', agent: 'wes' },
        ],
      },
      { id: 'outer', steps: [{ name: 'ask', team: 'both' }] },
      {
        id: 'mended',
        steps: [
          { name: 'first', agent: 'wes' },
          { name: 'second', agent: 'old/bea', on_error: 'pause' },
        ],
      },
    ],
  }
  const { url } = await startComposing(document)
  const post = (path: string, fields: Record<string, unknown>, at = url) => {
    const body = new URLSearchParams()
    for (const [key, value] of Object.entries(fields)) {
      body.set(key, typeof value === 'string' ? value : JSON.stringify(value))
    }
    return fetch(at + path, { method: 'POST', body })
  }
  const events = async (path: string, fields: Record<string, unknown>, at = url) => {
    const text = await (
      await post(path, { ...fields, stream: 'true', stream_events: 'true' }, at)
    ).text()
    const frames = [...text.matchAll(/^event: (.*)\ndata: (.*)$/gm)]
    return frames.map(([, name, data = '']) => ({ event: name, ...JSON.parse(data) }) as Event)
  }
  const whole = async (path: string, fields: Record<string, unknown>) => {
    return (await (await post(path, { ...fields, stream: 'false' })).json()) as Dict
  }
  return { url, neu, old, events, whole }
}

const names = (list: readonly Event[]) => list.map(({ event }) => event)
const namesIn = (release: (typeof RELEASES)[number], name: string) =>
  (recording(release, name).events ?? []).map(({ event }) => event ?? 'WorkflowRunOutput')
const approved = (requirements: unknown) =>
  (requirements as Dict[]).map(({ id }) => ({ id, confirmation: true }))

test('a real member’s pause and continuation send the events of Agno’s own team', async () => {
  const { events, neu } = await start()
  const before = await events('/teams/payers/runs', { message: 'pay now', session_id: 's' })
  expect(names(before)).toEqual(namesIn('agno-3.1.10', 'team-pause-stream'))
  const { run_id, requirements } = before.at(-1) as Event & Dict
  expect(neu.payments()).toBe(0)
  const after = await events(`/teams/payers/runs/${run_id}/continue`, {
    session_id: 's',
    requirements: approved(requirements),
  })
  expect(names(after)).toEqual(namesIn('agno-3.1.10', 'team-continue-stream'))
  expect(neu.payments()).toBe(1)
})

test('a step’s pause on the older release sends the events of Agno’s own workflow', async () => {
  const { events, old } = await start()
  const before = await events('/workflows/asks/runs', { message: 'pay now', session_id: 's' })
  expect(names(before)).toEqual(namesIn('agno-2.9.0', 'workflow-executor-pause-stream'))
  const { run_id, step_requirements } = before.at(-1) as Event & Dict
  const [step] = step_requirements as Dict[]
  const executor_requirements = approved(step?.['executor_requirements'])
  const after = await events(`/workflows/asks/runs/${run_id}/continue`, {
    session_id: 's',
    step_requirements: [{ ...step, executor_requirements }],
  })
  expect(names(after)).toEqual(namesIn('agno-2.9.0', 'workflow-executor-continue-stream'))
  expect(old.payments()).toBe(1)
})

test('members on two releases pause at once, one is approved and one rejected', async () => {
  const { whole, neu, old } = await start()
  const paused = await whole('/workflows/outer/runs', { message: 'both pay', session_id: 's' })
  expect(paused['status']).toBe('PAUSED')
  const [step] = paused['step_requirements'] as Dict[]
  const [first, second] = (step?.['executor_requirements'] ?? []) as Dict[]
  expect([first, second].map((one) => one?.['member_agent_id'])).toEqual(['payer', 'old-payer2'])
  const executor_requirements = [
    { id: first?.['id'], confirmation: true },
    { id: second?.['id'], confirmation: false, confirmation_note: 'too much' },
  ]
  const output = await whole(`/workflows/outer/runs/${paused['run_id']}/continue`, {
    session_id: 's',
    step_requirements: [{ ...step, executor_requirements }],
  })
  expect(output['status']).toBe('COMPLETED')
  expect([neu.payments(), old.payments()]).toEqual([1, 0])
})

test('values and results of the caller reach the tools of real members', async () => {
  const { whole } = await start()
  const paused = await whole('/teams/all/runs', { message: 'go', session_id: 's' })
  expect(paused['status']).toBe('PAUSED')
  const requirements = (paused['requirements'] as Dict[]).map((one) => {
    if (one['member_agent_id'] !== 'sender') return { ...one, external_execution_result: 'a door' }
    const schema = one['user_input_schema'] as Dict[]
    return { ...one, user_input_schema: schema.map((field) => ({ ...field, value: 'ann' })) }
  })
  const path = `/teams/all/runs/${paused['run_id']}/continue`
  const output = await whole(path, { session_id: 's', requirements })
  expect(output['status']).toBe('COMPLETED')
  const results = (output['member_responses'] as Dict[]).flatMap((one) => one['tools'] ?? [])
  const said = (results as Dict[]).map(({ result }) => result)
  expect(said).toEqual(['sent to ann', 'a door'])
})

test('a list of tasks sends the events of Agno’s own team in mode tasks', async () => {
  const { events, neu } = await start()
  const fields = { message: 'hello', session_id: 's' }
  const own = await events('/teams/listed/runs', fields)
  const theirs = await events('/teams/local/runs', fields, neu.url)
  const ofTeam = (list: readonly Event[]) => names(list).filter((name) => name.startsWith('Team'))
  expect(ofTeam(own)).toEqual(ofTeam(theirs))
  const keys = (list: readonly Event[]) =>
    list
      .filter(({ event }) => event.startsWith('TeamTask'))
      .map((event) => [event.event, Object.keys(event)])
  expect(keys(own)).toEqual(keys(theirs))
})

test('a team of remote teams on two releases answers', async () => {
  const { whole } = await start()
  const output = await whole('/teams/teams/runs', { message: 'both hello', session_id: 's' })
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'You said: both hello ' })
  const responses = output['member_responses'] as Dict[]
  expect(responses.map((one) => [one['team_id'], one['status']])).toEqual([
    ['crew', 'COMPLETED'],
    ['old-crew', 'COMPLETED'],
  ])
})

test('paused workflows of two releases ask a team only their open questions', async () => {
  const { whole } = await start()
  let output = await whole('/teams/flows/runs', { message: 'both hello', session_id: 's' })
  const asked: unknown[] = []
  for (let round = 0; round < 2; round++) {
    const requirements = output['requirements'] as Dict[]
    asked.push(requirements.map((one) => (one['tool_execution'] as Dict)['tool_name']))
    output = await whole(`/teams/flows/runs/${output['run_id']}/continue`, {
      session_id: 's',
      requirements: approved(requirements),
    })
  }
  expect(asked).toEqual([
    ['draft', 'draft'],
    ['send', 'send'],
  ])
  expect(output['status']).toBe('COMPLETED')
  const responses = output['member_responses'] as Dict[]
  const said = responses.map((one) => String(one['content']).trim())
  expect(said).toEqual(['You said: You said: hello', 'You said: You said: hello'])
})

test('deleting a composed session deletes the sessions of members on two releases', async () => {
  const { url, whole } = await start()
  await whole('/teams/teams/runs', { message: 'both hello', session_id: 's' })
  const sessions = async () => {
    const list = (await (await fetch(`${url}/sessions?type=team&limit=100`)).json()) as Dict
    return (list['data'] as Dict[]).map((one) => one['session_id']).sort()
  }
  expect(await sessions()).toEqual(['s', 's.crew', 's.old-crew'])
  const path = `${url}/sessions/s?type=team&db_id=composer`
  expect((await fetch(path, { method: 'DELETE' })).status).toBe(204)
  expect(await sessions()).toEqual([])
})

test('a caller retries a step after the restart of its AgentOS', async () => {
  const { whole, old } = await start()
  await old.kill()
  const paused = await whole('/workflows/mended/runs', { message: 'hello', session_id: 's' })
  const [error] = paused['error_requirements'] as Dict[]
  expect([paused['status'], error?.['step_name']]).toEqual(['PAUSED', 'second'])
  await old.start()
  const retry = async () => {
    const error_requirements = [{ ...error, decision: 'retry' }]
    const path = `/workflows/mended/runs/${paused['run_id']}/continue`
    return await whole(path, { session_id: 's', error_requirements })
  }
  // The gateway may not have checked the server's health since its restart.
  const isDone = async () => (await retry())['status'] === 'COMPLETED'
  await expect.poll(isDone, { timeout: 20_000, interval: 200 }).toBe(true)
})
