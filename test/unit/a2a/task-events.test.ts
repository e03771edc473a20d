import { describe, expect, test } from 'vitest'
import { AGNO, outline, recordedEvents, targetOf } from './support.ts'

const ADK = 'google-adk-2.13.0'

describe('a recorded stream of Google ADK', () => {
  test('text that ADK repeats three times is sent once', () => {
    const events = recordedEvents(ADK, 'stream hello')
    expect(outline(events)).toEqual([
      'RunStarted',
      'RunContent: You said: hello',
      'RunCompleted: You said: hello',
    ])
    const { run_id: runId } = events[0] ?? {}
    expect(runId).toMatch(/^[0-9a-f-]{36}$/)
    for (const event of events) {
      expect(event).toMatchObject({
        run_id: runId,
        session_id: 's1',
        agent_id: 'facts',
        agent_name: 'Name of facts',
        created_at: expect.any(Number),
      })
    }
  })

  test('an ADK stream is translated piece by piece', () => {
    expect(outline(recordedEvents(ADK, 'stream stream a'))).toEqual([
      'RunStarted',
      'RunContent: You ',
      'RunContent: said: ',
      'RunContent: stream ',
      'RunContent: a ',
      'RunCompleted: You said: stream a ',
    ])
  })

  test('a failed ADK stream ends with RunError and its reason', () => {
    const events = recordedEvents(ADK, 'stream fail')
    expect(outline(events)).toEqual(['RunStarted', 'RunError: out of facts'])
    expect(events[1]).toMatchObject({ error: 'out of facts', error_type: 'a2a_error' })
  })

  test('an ADK stream waiting for input ends with RunPaused and its tool', () => {
    const events = recordedEvents(ADK, 'stream ask')
    expect(outline(events)).toEqual([
      'RunStarted',
      'RunContent: Which fact?',
      'RunPaused: Which fact?',
    ])
    expect(events[2]).toMatchObject({
      tools: [
        {
          tool_call_id: 'call-1',
          tool_name: 'ask_someone',
          tool_args: { question: 'which fact?' },
          external_execution_required: true,
        },
      ],
    })
  })

  test('the picture of an ADK stream arrives once, in the final event', () => {
    const events = recordedEvents(ADK, 'stream draw')
    expect(events.at(-1)).toMatchObject({
      event: 'RunCompleted',
      content: 'You said: draw',
      images: [{ content: 'iVBORw0KGgo=', mime_type: 'image/png' }],
    })
  })

  test.each([
    ['teams', ['TeamRunStarted', 'TeamRunContent', 'TeamRunCompleted'], 'team_id'],
    ['workflows', ['WorkflowStarted', 'RunContent', 'WorkflowCompleted'], 'workflow_id'],
  ] as const)('an ADK stream of %s uses their event names and id fields', (kind, names, idKey) => {
    const events = recordedEvents(ADK, 'stream hello', targetOf(kind))
    expect(events.map(({ event }) => event)).toEqual(names)
    for (const event of events) expect(event).toHaveProperty(idKey, 'facts')
  })

  test.each([
    ['teams', 'stream fail', 'TeamRunError'],
    ['teams', 'stream ask', 'TeamRunPaused'],
    ['workflows', 'stream fail', 'WorkflowError'],
    ['workflows', 'stream ask', 'WorkflowPaused'],
  ] as const)('an ADK stream of %s after %s ends with %s', (kind, request, name) => {
    expect(recordedEvents(ADK, request, targetOf(kind)).at(-1)).toHaveProperty('event', name)
  })
})

describe.each(AGNO)('a recorded stream of %s', (server) => {
  test('an Agno stream is translated piece by piece with final metrics', () => {
    const events = recordedEvents(server, 'stream agents/assistant-a')
    expect(outline(events)).toEqual([
      'RunStarted',
      'RunContent: You ',
      'RunContent: said: ',
      'RunContent: hello ',
      'RunCompleted: You said: hello ',
    ])
    expect(events.at(-1)).toMatchObject({ metrics: { input_tokens: 10, output_tokens: 3 } })
    expect(events.at(-1)).not.toHaveProperty('metadata')
  })

  test('tool calls of an Agno stream become ToolCall events', () => {
    const events = recordedEvents(server, 'stream tool')
    expect(events.slice(1, 3)).toMatchObject([
      {
        event: 'ToolCallStarted',
        tool: { tool_call_id: 'call_1', tool_name: 'add', tool_args: { a: 1, b: 1 } },
      },
      { event: 'ToolCallCompleted', tool: { tool_name: 'add' } },
    ])
  })

  test('an Agno team stream uses team event names', () => {
    const events = recordedEvents(server, 'stream teams/team-a', targetOf('teams'))
    expect(new Set(events.map(({ event }) => event))).toEqual(
      new Set(['TeamRunStarted', 'TeamRunContent', 'TeamRunCompleted']),
    )
  })

  test('an Agno workflow stream has steps, one start, one run id', () => {
    const events = recordedEvents(server, 'stream workflows/wf-a', targetOf('workflows', 'wf'))
    expect(outline(events)).toEqual([
      'WorkflowStarted',
      'StepStarted',
      'RunContent: You ',
      'RunContent: said: ',
      'RunContent: hello ',
      'StepCompleted',
      'WorkflowCompleted: You said: hello ',
    ])
    expect(events[1]).toMatchObject({ step_name: 's', workflow_id: 'wf' })
    expect(events[2]).toMatchObject({ agent_id: 'wf', workflow_id: 'wf' })
    expect(new Set(events.map((event) => event['run_id'])).size).toBe(1)
  })
})
