import { expect, test } from 'vitest'
import { RemoteTeam, RemoteWorkflow } from '../../../src/client/index.ts'
import {
  answerJson,
  beginEvents,
  eventText,
  startFakeUpstream,
} from '../../support/fake-upstream.ts'
import { all, closing, fieldsOf, openAgent } from './support.ts'

const TOOL = { tool_call_id: 'c', confirmed: true }
const REQUIREMENT = { id: 'q', tool_execution: TOOL }

/** Starts an upstream that answers runs whole or as a stream, as each request asks. */
function startRunning() {
  return startFakeUpstream((request, response) => {
    if (fieldsOf(request)['stream'] === 'false') return answerJson(response, { run_id: 'r' })
    beginEvents(response)
    response.end(eventText({ event: 'WorkflowCompleted', run_id: 'r' }))
  })
}

test('an agent continues with the tools or the requirements of its run', async () => {
  const { agent, upstream } = await openAgent((_, response) => answerJson(response, {}))
  await agent.continueRun('r', [TOOL], { sessionId: 's', authToken: 'jwt' })
  await agent.continueRun('r', [REQUIREMENT])
  await agent.continueRun('r')
  expect(upstream.requests[0]).toMatchObject({
    method: 'POST',
    url: '/agents/my%20agent/runs/r/continue',
    headers: { authorization: 'Bearer jwt' },
  })
  const tools = JSON.stringify([TOOL])
  expect(upstream.requests.map(fieldsOf)).toEqual([
    { tools, stream: 'false', session_id: 's' },
    { tools, stream: 'false' },
    { tools: '[]', stream: 'false' },
  ])
})

test('continueRun with stream yields the events', async () => {
  const { agent, upstream } = await openAgent((_, response) => {
    beginEvents(response)
    response.end(eventText({ event: 'RunContinued', event_index: 0 }))
  })
  const events = await all(agent.continueRun('r', [TOOL], { stream: true }))
  expect(events).toEqual([{ event: 'RunContinued', event_index: 0 }])
  expect(fieldsOf(upstream.requests[0])['stream']).toBe('true')
})

test('a team continues with requirements', async () => {
  const upstream = await startRunning()
  const team = closing(new RemoteTeam({ baseUrl: upstream.url, teamId: 't' }))
  expect(await team.continueRun('r', [REQUIREMENT])).toEqual({ run_id: 'r' })
  expect(await all(team.continueRun('r', undefined, { stream: true }))).toHaveLength(1)
  expect(upstream.requests[0]?.url).toBe('/teams/t/runs/r/continue')
  expect(upstream.requests.map(fieldsOf)).toEqual([
    { requirements: JSON.stringify([REQUIREMENT]), stream: 'false' },
    { requirements: '[]', stream: 'true' },
  ])
})

test('a workflow continues with step requirements, given or from its paused output', async () => {
  const upstream = await startRunning()
  const workflow = closing(new RemoteWorkflow({ baseUrl: upstream.url, workflowId: 'w' }))
  const step = { step_id: 'x', confirmed: true }
  await workflow.continueRun('r', [step], { sessionId: 's' })
  const paused = { run_id: 'r', session_id: 's2', step_requirements: [step] }
  await all(workflow.continueRun(paused, undefined, { stream: true }))
  await workflow.continueRun({ run_id: 'r' })
  expect(upstream.requests[0]?.url).toBe('/workflows/w/runs/r/continue')
  const steps = JSON.stringify([step])
  expect(upstream.requests.map(fieldsOf)).toEqual([
    { step_requirements: steps, stream: 'false', session_id: 's' },
    { step_requirements: steps, stream: 'true', session_id: 's2' },
    { step_requirements: '[]', stream: 'false' },
  ])
})

test('continuing a workflow from an output without run id throws a TypeError', () => {
  const at = { baseUrl: 'http://127.0.0.1:1', workflowId: 'w' }
  expect(() => closing(new RemoteWorkflow(at)).continueRun({})).toThrow(TypeError)
})

test('a workflow run sends its own options, and its files as JSON', async () => {
  const upstream = await startRunning()
  const workflow = closing(new RemoteWorkflow({ baseUrl: upstream.url, workflowId: 'w' }))
  const files = [{ content: Buffer.from('hi'), mimeType: 'text/plain' }]
  await workflow.run({ topic: 'tea' }, { additionalData: { a: 1 }, runId: 'mine', files })
  expect(fieldsOf(upstream.requests[0])).toEqual({
    message: '{"topic":"tea"}',
    stream: 'false',
    additional_data: '{"a":1}',
    run_id: 'mine',
    input_files: '[{"content":"hi","mime_type":"text/plain"}]',
  })
})
