/** Tests compositions of members on real AgentOS of two releases against recordings of Agno with local members. */
import { expect, test } from 'vitest'
import { startChatServer } from '../support/chat-server.ts'
import { startComposing } from '../support/composer.ts'
import { byBranch, byRun, withoutContainerIds } from '../unit/compose/compare.ts'
import type { Dict, Event } from '../unit/compose/recordings.ts'
import { comparable, recording } from '../unit/compose/recordings.ts'
import { startMembers } from './agentos.ts'

/** Members on the new release; each recorded composition has members on both releases. */
const ON_THE_NEW = ['ida', 'kai', 'lea', 'quy', 'ron', 'tom', 'ole', 'ann', 'cat', 'eve']
const ON_THE_OLD = ['jim', 'max', 'ned', 'sue', 'una', 'pia', 'bob', 'dan', 'fay']

const WORKFLOWS: Readonly<Record<string, readonly object[]>> = {
  chain: [
    { name: 'one', agent: 'ida' },
    { name: 'two', agent: 'jim' },
  ],
  fan: [
    { name: 'one', agent: 'kai' },
    {
      name: 'both',
      parallel: [
        { name: 'left', agent: 'lea' },
        { name: 'right', agent: 'max' },
      ],
    },
    { name: 'last', agent: 'ned' },
  ],
  again: [{ name: 'polish', loop: [{ name: 'edit', agent: 'quy' }], max_iterations: 2 }],
  router: [
    {
      name: 'pick',
      choices: [
        { name: 'east', agent: 'ron' },
        { name: 'west', agent: 'sue' },
      ],
      select: 'step_choices[0]',
    },
  ],
  group: [
    {
      name: 'block',
      steps: [
        { name: 'a', agent: 'tom' },
        { name: 'b', agent: 'una' },
      ],
    },
  ],
}

const TEAMS: Readonly<Record<string, readonly string[]>> = {
  coordinate: ['ann', 'bob'],
  route: ['cat', 'dan'],
  broadcast: ['eve', 'fay'],
}

const title = (id: string) => id.charAt(0).toUpperCase() + id.slice(1)

/** Keys that differ on purpose: see docs/composition.md. Agno gives two delegations of one turn the same child run. */
const OF_WORKFLOWS = ['step_executor_runs', 'session_state', 'metadata']
const OF_TEAMS = [
  'child_run_id',
  'model_provider_data',
  'session_state',
  'member_responses',
  'parent_tool_call_id',
]

async function start(): Promise<string> {
  const chat = await startChatServer()
  const [neu, old] = await Promise.all([
    startMembers('agno-3.1.10', ON_THE_NEW, `${chat.url}/v1`),
    startMembers('agno-2.9.0', ON_THE_OLD, `${chat.url}/v1`),
  ])
  const document = {
    upstreams: [
      { name: 'new', url: neu.url },
      { name: 'old', url: old.url },
    ],
    models: { fake: { base_url: `${chat.url}/v1`, model: 'fake' } },
    teams: Object.entries(TEAMS).map(([id, members]) => ({
      id,
      name: title(id),
      mode: id,
      model: 'fake',
      members: members.map((agent) => ({ agent })),
    })),
    workflows: Object.entries(WORKFLOWS).map(([id, steps]) => ({ id, name: title(id), steps })),
  }
  const { url } = await startComposing(document)
  return url
}

async function eventsOf(url: string, path: string, fields: object): Promise<Event[]> {
  const body = new URLSearchParams({ ...fields })
  const text = await (await fetch(url + path, { method: 'POST', body })).text()
  return [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => JSON.parse(data) as Event)
}

test('members on two releases of AgentOS send the events of Agno’s own composition', async () => {
  const url = await start()
  for (const id of Object.keys(WORKFLOWS)) {
    const { request, events: expected = [] } = recording('agno-3.1.10', `workflow-${id}-stream`)
    const events = await eventsOf(url, request.path, request.fields)
    const seen = (list: readonly Event[]) =>
      comparable(withoutContainerIds(byBranch(list)) as Dict[], OF_WORKFLOWS)
    expect(seen(events), id).toEqual(seen(expected))
  }
  for (const name of ['coordinate-hello', 'coordinate-both', 'route-hello', 'broadcast-hello']) {
    const { request, events: expected = [] } = recording('agno-3.1.10', `team-${name}-stream`)
    const events = await eventsOf(url, request.path, request.fields)
    const seen = (list: readonly Event[]) => comparable(byRun(list), OF_TEAMS)
    expect(seen(events), name).toEqual(seen(expected))
  }
})

test('a cancel reaches a real member, whose run is stored as cancelled', async () => {
  const url = await start()
  const body = new URLSearchParams({ message: 'trickle', session_id: 's', run_id: 'r' })
  const response = await fetch(`${url}/workflows/chain/runs`, { method: 'POST', body })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('event: RunContent')) text += (await reader?.read())?.value ?? ''
  const began = performance.now()
  await fetch(`${url}/workflows/chain/runs/r/cancel`, { method: 'POST' })
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true }
    if (done) break
    text += value
  }
  expect(performance.now() - began).toBeLessThan(2_000)
  const events = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => JSON.parse(data))
  expect(events.slice(-2).map(({ event }) => event)).toEqual(['RunCancelled', 'WorkflowCancelled'])
  const { run_id: runId } = events.findLast(({ event }) => event === 'RunStarted')
  const run = async () => {
    const answer = await fetch(`${url}/agents/ida/runs/${runId}?session_id=s.ida`)
    return ((await answer.json()) as { status?: string }).status
  }
  await expect.poll(run).toBe('CANCELLED')
})
