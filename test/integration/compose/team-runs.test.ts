/** Tests composed teams through the gateway, led by a scripted model. */
import { expect, test } from 'vitest'
import { startChatServer } from '../../support/chat-server.ts'
import { startComposing } from '../../support/composer.ts'
import type { Scripted } from '../../unit/compose/scripted.ts'
import { startScripted } from '../../unit/compose/scripted.ts'

type Dict = Record<string, unknown>

async function start(): Promise<{ url: string; scripted: Scripted }> {
  const scripted = await startScripted()
  const chat = await startChatServer()
  const member = (agent: string, when: string) => ({ agent, when })
  const document = {
    upstreams: [{ name: 'one', url: scripted.upstream.url }],
    models: { fake: { base_url: `${chat.url}/v1`, model: 'fake', api_key: 'secret' } },
    teams: [
      {
        id: 'desk',
        name: 'Desk',
        model: 'fake',
        members: [member('echo', 'invoices'), member('one/echo-a', 'products')],
        add_history_to_context: true,
      },
      { id: 'hung', model: 'fake', members: [{ agent: 'hang' }] },
    ],
    workflows: [{ id: 'flow', steps: [{ name: 'ask', team: 'desk' }] }],
  }
  const { url } = await startComposing(document)
  return { url, scripted }
}

function form(fields: Record<string, string>): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields) }
}

async function json(url: string, init?: RequestInit): Promise<Dict> {
  return (await (await fetch(url, init)).json()) as Dict
}

test('a composed team is listed, runs, and stores its members’ runs', async () => {
  const { url, scripted } = await start()
  const card = await json(`${url}/teams/desk`)
  expect(card).toMatchObject({ id: 'desk', mode: 'coordinate', model: { model: 'fake' } })
  expect(card['members']).toMatchObject([{ id: 'echo' }, { id: 'echo-a' }])
  expect(JSON.stringify(card)).not.toContain('secret')
  const run = await json(
    `${url}/teams/desk/runs`,
    form({ message: 'both hello', stream: 'false', session_id: 's' }),
  )
  expect(run).toMatchObject({ status: 'COMPLETED', content: 'You said: both hello ' })
  expect(scripted.runs.map((fields) => fields['session_id'])).toEqual(['s.echo', 's.echo-a'])
  const runs = (await json(`${url}/sessions/s/runs?type=team&db_id=composer`)) as unknown as Dict[]
  expect(runs).toMatchObject([
    { agent_id: 'echo', parent_run_id: run['run_id'] },
    { agent_id: 'echo-a', parent_run_id: run['run_id'] },
    { team_id: 'desk', run_id: run['run_id'], run_input: 'both hello' },
  ])
  const session = await json(`${url}/sessions/s?type=team&db_id=composer`)
  // Two turns of the leader, 10 and 14 tokens in and out, and 13 of each member.
  expect(session).toMatchObject({ team_id: 'desk', session_name: 'both hello', total_tokens: 54 })
})

test('a composed workflow runs a composed team as a step', async () => {
  const { url } = await start()
  const response = await fetch(`${url}/workflows/flow/runs`, form({ message: 'hello' }))
  const events = [...(await response.text()).matchAll(/^event: (.*)$/gm)].map(([, name]) => name)
  expect(events.slice(0, 3)).toEqual(['WorkflowStarted', 'StepStarted', 'TeamRunStarted'])
  expect(events.slice(-3)).toEqual(['TeamRunCompleted', 'StepCompleted', 'WorkflowCompleted'])
})

test('a cancelled team cancels its member at the upstream', async () => {
  const { url, scripted } = await start()
  const response = await fetch(`${url}/teams/hung/runs`, form({ message: 'x', run_id: 'r' }))
  await expect.poll(() => scripted.runs).toHaveLength(1)
  await fetch(`${url}/teams/hung/runs/r/cancel`, { method: 'POST' })
  const events = [...(await response.text()).matchAll(/^event: (.*)$/gm)].map(([, name]) => name)
  expect(events.slice(-2)).toEqual(['RunCancelled', 'TeamRunCancelled'])
  await expect.poll(() => scripted.cancelled).toHaveLength(1)
})
