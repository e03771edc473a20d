/** Pauses of composed teams and workflows through a gateway: stored, continued once, by their own user, after a restart. */
import { expect, test } from 'vitest'
import { startChatServer } from '../../support/chat-server.ts'
import { startComposing } from '../../support/composer.ts'
import { startPausing } from '../../unit/compose/pausing.ts'
import type { Dict, Event } from '../../unit/compose/recordings.ts'

async function start() {
  const { upstream, runs, continued, cancelled } = await startPausing()
  const chat = await startChatServer()
  const document = {
    upstreams: [{ name: 'one', url: upstream.url }],
    models: { fake: { base_url: `${chat.url}/v1`, model: 'fake' } },
    teams: [
      { id: 'pair', model: 'fake', members: [{ agent: 'confirm' }, { agent: 'confirm-b' }] },
      { id: 'list', model: 'fake', mode: 'tasks', members: [{ agent: 'echo' }] },
    ],
    workflows: [
      {
        id: 'fails',
        steps: [
          { name: 'gone', agent: 'nobody', on_error: 'pause' },
          { name: 'after', agent: 'echo' },
        ],
      },
      {
        id: 'send',
        steps: [
          { name: 'gate', agent: 'echo', confirm: 'Send it?', confirm_timeout: '1h' },
          { name: 'ask', team: 'pair' },
          {
            name: 'fill',
            agent: 'echo',
            input: 'to {{user_input.to}}',
            user_input: { message: 'Who?', fields: [{ name: 'to' }] },
          },
        ],
      },
    ],
  }
  const gateway = await startComposing(document)
  const post = async (path: string, fields: Record<string, unknown>) => {
    const entries = Object.entries(fields).map(([key, value]): [string, string] => {
      return [key, typeof value === 'string' ? value : JSON.stringify(value)]
    })
    const body = new URLSearchParams(entries)
    return await fetch(`${gateway.url}${path}`, { method: 'POST', body })
  }
  const run = async (path: string, fields: Record<string, unknown>) => {
    return (await (await post(path, { stream: 'false', ...fields })).json()) as Dict
  }
  return { ...gateway, runs, continued, cancelled, post, run }
}

const answered = (requirements: unknown) =>
  (requirements as Dict[]).map((one) => ({ ...one, confirmation: true }))

test('a paused team is stored, continued once, and completes', async () => {
  const { run, post, url, continued } = await start()
  const paused = await run('/teams/pair/runs', { message: 'both hello', session_id: 's' })
  expect(paused['status']).toBe('PAUSED')
  const path = `/teams/pair/runs/${paused['run_id']}`
  const stored = (await (await fetch(`${url}${path}?session_id=s`)).json()) as Dict
  expect(stored['requirements']).toEqual(paused['requirements'])
  const answers = { requirements: answered(paused['requirements']), session_id: 's' }
  const answer = () => post(`${path}/continue`, { ...answers, stream: 'false' })
  const both = await Promise.all([answer(), answer()])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
  expect(continued).toHaveLength(2)
  const again = await post(`${path}/continue`, answers)
  expect(again.status).toBe(409)
  const unknown = await post('/teams/pair/runs/none/continue', answers)
  expect(unknown.status).toBe(404)
})

test('a workflow pauses at its steps and at the team inside it, and completes', async () => {
  const { run, runs, continued } = await start()
  let output = await run('/workflows/send/runs', { message: 'hello', session_id: 's' })
  const path = `/workflows/send/runs/${output['run_id']}/continue`
  const step = () => (output['step_requirements'] as Dict[])[0] as Dict
  expect(step()).toMatchObject({ step_name: 'gate', confirmation_message: 'Send it?' })
  const go = async (more: Dict) => {
    const step_requirements = [{ ...step(), ...more }]
    output = await run(path, { session_id: 's', step_requirements })
  }
  await go({ confirmed: true })
  expect(step()).toMatchObject({ step_name: 'ask', executor_type: 'team', executor_id: 'pair' })
  await go({ executor_requirements: answered(step()['executor_requirements']) })
  expect(step()).toMatchObject({ step_name: 'fill', user_input_message: 'Who?' })
  await go({ user_input: { to: 'ann' } })
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'echo(to ann)' })
  expect(runs.map(({ agent }) => agent)).toEqual(['echo', 'confirm', 'echo'])
  expect(continued).toHaveLength(1)
})

test('a failed step is retried and skipped by the decisions of the caller', async () => {
  const { run, runs, url } = await start()
  let output = await run('/workflows/fails/runs', { message: 'hello', session_id: 's' })
  const path = `/workflows/fails/runs/${output['run_id']}`
  const decide = async (decision: string) => {
    const [error] = output['error_requirements'] as Dict[]
    const error_requirements = [{ ...error, decision }]
    output = await run(`${path}/continue`, { session_id: 's', error_requirements })
  }
  await decide('retry')
  const stored = (await (await fetch(`${url}${path}?session_id=s`)).json()) as Dict
  expect(stored).toMatchObject({ status: 'PAUSED', error_requirements: [{ retry_count: 1 }] })
  await decide('skip')
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'echo(hello)' })
  expect(runs).toHaveLength(1)
})

test('a streamed workflow ends its stream with the paused output, which is no event', async () => {
  const { post } = await start()
  const response = await post('/workflows/send/runs', { message: 'hello', stream: 'true' })
  const frames = (await response.text()).trim().split('\n\n')
  const last = frames.at(-1)?.split('\n') ?? []
  expect(last[0]).toBe('event: WorkflowRunOutput')
  const data = JSON.parse(last[1]?.slice('data: '.length) ?? '') as Partial<Event>
  expect([data.event, data['status']]).toEqual([undefined, 'PAUSED'])
})

test('a whole run is continued as a stream, and a streamed run whole', async () => {
  const { run, post } = await start()
  const fields = { message: 'hello', session_id: 's' }
  const whole = await run('/teams/pair/runs', fields)
  const requirements = answered(whole['requirements'])
  const path = (id: unknown) => `/teams/pair/runs/${id}/continue`
  const stream = await post(path(whole['run_id']), {
    requirements,
    stream: 'true',
    session_id: 's',
  })
  const names = [...(await stream.text()).matchAll(/^event: (.*)$/gm)].map(([, name]) => name)
  expect(names.slice(0, 3)).toEqual(['RunStarted', 'RunCompleted', 'TeamRunContinued'])
  expect(names.at(-1)).toBe('TeamRunCompleted')
  const text = await (await post('/teams/pair/runs', { ...fields, stream: 'true' })).text()
  const paused = JSON.parse(/event: TeamRunPaused\ndata: (.*)/.exec(text)?.[1] ?? '') as Dict
  const answers = { requirements: answered(paused['requirements']), session_id: 's' }
  expect(await run(path(paused['run_id']), answers)).toMatchObject({ status: 'COMPLETED' })
})

test('a cancel of a paused run cancels its member and keeps the outputs', async () => {
  const { run, url, post, cancelled } = await start()
  const paused = await run('/teams/pair/runs', { message: 'hello', session_id: 's' })
  const path = `/teams/pair/runs/${paused['run_id']}`
  await post(`${path}/cancel`, {})
  const stored = (await (await fetch(`${url}${path}?session_id=s`)).json()) as Dict
  expect(stored['status']).toBe('CANCELLED')
  const [requirement] = paused['requirements'] as Dict[]
  await expect.poll(() => cancelled).toEqual([requirement?.['member_run_id']])
  const late = await post(`${path}/continue`, { requirements: answered([requirement]) })
  expect(late.status).toBe(409)
  const flow = await run('/workflows/send/runs', { message: 'hello', session_id: 'w' })
  await post(`/workflows/send/runs/${flow['run_id']}/cancel`, {})
  const ended = await fetch(`${url}/workflows/send/runs/${flow['run_id']}?session_id=w`)
  expect(await ended.json()).toMatchObject({ status: 'CANCELLED' })
})

test('a team with a list of tasks answers through the gateway', async () => {
  const { run } = await start()
  const output = await run('/teams/list/runs', { message: 'hello' })
  expect(output).toMatchObject({ status: 'COMPLETED', content: 'You said: hello ' })
})
