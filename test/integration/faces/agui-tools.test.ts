/** Tests AG-UI's tools of the front end, and custom events of a component. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import type { Answer } from '../../support/client.ts'
import { facesOf, HI, postJson, runEvent } from '../../support/faces.ts'

const external = (id: string, name: string) => ({
  id: `q-${id}`,
  tool_execution: { tool_call_id: id, tool_name: name, external_execution_required: true },
})
const CLOCK = external('c', 'read_clock')
const CONFIRM = {
  id: 'q-d',
  tool_execution: { tool_call_id: 'd', tool_name: 'pay', requires_confirmation: true },
}
const RUN = { threadId: 's-1', runId: 'r', messages: [{ id: '1', role: 'user', content: 'hi' }] }
const TOOLS = [{ name: 'read_clock', description: 'Time', parameters: {} }]
const MISSING = { detail: 'Session not found' }

async function eventsOf(answer: Answer): Promise<Record<string, unknown>[]> {
  const text = await answer.whole()
  return [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(String(data)))
}

/** The events of a run that pauses with these requirements. */
async function pausedWith(requirements: object[], body: object) {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = postJson(`${gateway.url}/agui/agents/echo`, { ...RUN, ...body })
  ;(await upstream.next()).json(MISSING, 404)
  const paused = runEvent('RunStarted') + runEvent('RunPaused', { requirements })
  ;(await upstream.next()).events().end(paused)
  return { upstream, gateway, events: await eventsOf(await answer) }
}

const VERSION_1 = { protocolVersion: '1.0', tools: TOOLS }

test('A call of a front end tool ends in 1.0 as success', async () => {
  const { events } = await pausedWith([CLOCK], VERSION_1)
  expect(events).toMatchObject([
    { type: 'RUN_STARTED' },
    { type: 'CUSTOM', name: 'agentos.tools_not_sent', value: { tools: ['read_clock'] } },
    { type: 'TOOL_CALL_START', toolCallId: 'c', toolCallName: 'read_clock' },
    { type: 'TOOL_CALL_ARGS' },
    { type: 'TOOL_CALL_END' },
    { type: 'RUN_FINISHED', outcome: { type: 'success', pendingToolCallIds: ['c'] } },
  ])
})

test.each([
  ['that is not of the front end', [external('c', 'other')]],
  ['beside another question', [CLOCK, CONFIRM]],
])('A call %s ends in 1.0 as an interrupt', async (_what, requirements) => {
  const { events } = await pausedWith(requirements, VERSION_1)
  const interrupts = requirements.map((each) => ({ id: each.tool_execution.tool_call_id }))
  expect(events.at(-1)).toMatchObject({ outcome: { type: 'interrupt', interrupts } })
})

test('A call of a front end tool has no outcome before 1.0', async () => {
  const { events } = await pausedWith([CLOCK], { tools: TOOLS })
  expect(events.at(-1)).toEqual({ type: 'RUN_FINISHED', threadId: 's-1', runId: 'r' })
})

test('A tool message continues the run with the result of the front end', async () => {
  const { upstream, gateway } = await pausedWith([CLOCK], VERSION_1)
  const messages = [
    ...RUN.messages,
    { id: '2', role: 'assistant', toolCalls: [] },
    { id: '3', role: 'tool', toolCallId: 'c', content: 'noon' },
  ]
  const answer = postJson(`${gateway.url}/agui/agents/echo`, { ...RUN, ...VERSION_1, messages })
  const stored = { run_id: 'r-1', session_id: 's-1', status: 'PAUSED', requirements: [CLOCK] }
  ;(await upstream.next()).json([stored])
  ;(await upstream.next()).json(stored)
  const continued = await upstream.next()
  expect(continued.request.url).toBe('/agents/echo/runs/r-1/continue')
  const form = new URLSearchParams((await continued.body()).toString())
  expect(JSON.parse(form.get('tools') ?? '')).toMatchObject([{ result: 'noon' }])
  continued.events().end(HI)
  expect((await eventsOf(await answer)).at(-1)).toMatchObject({ outcome: { type: 'success' } })
})

test('An answered call is shown once, and then has its result', async () => {
  const { upstream, gateway } = await pausedWith([CONFIRM], VERSION_1)
  const resume = [{ interruptId: 'd', status: 'resolved', payload: { accepted: true } }]
  const answer = postJson(`${gateway.url}/agui/agents/echo`, { ...RUN, ...VERSION_1, resume })
  const stored = { run_id: 'r-1', session_id: 's-1', status: 'PAUSED', requirements: [CONFIRM] }
  ;(await upstream.next()).json([stored])
  ;(await upstream.next()).json(stored)
  const tool = { tool_call_id: 'd', tool_name: 'pay', tool_args: { sum: 1 } }
  const called =
    runEvent('ToolCallStarted', { tool }) +
    runEvent('ToolCallCompleted', { tool: { ...tool, result: 'paid' } })
  ;(await upstream.next()).events().end(called + HI)
  const calls = (await eventsOf(await answer)).filter(({ toolCallId }) => toolCallId === 'd')
  expect(calls).toMatchObject([{ type: 'TOOL_CALL_RESULT', content: 'paid' }])
})

test('A custom event of the component is sent whole', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = postJson(`${gateway.url}/agui/agents/echo`, RUN)
  ;(await upstream.next()).json(MISSING, 404)
  const custom = runEvent('CustomEvent', { content: 'x', customer: 'Ada' })
  ;(await upstream.next()).events().end(runEvent('RunStarted') + custom + HI)
  expect(await eventsOf(await answer)).toContainEqual({
    type: 'CUSTOM',
    name: 'CustomEvent',
    value: expect.objectContaining({ event: 'CustomEvent', content: 'x', customer: 'Ada' }),
  })
})
