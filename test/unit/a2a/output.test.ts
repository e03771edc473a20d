import { describe, expect, test } from 'vitest'
import { runOutput } from '../../../src/a2a/output.ts'
import { AGNO, recorded, resultOf, targetOf } from './support.ts'

const NOW = Date.parse('2026-01-02T03:04:05Z')
const ADK = 'google-adk-2.13.0'

function outputOf(server: string, request: string, target = targetOf()) {
  return runOutput(resultOf(recorded(server, request).body), target, { userId: 'asked' }, NOW)
}

describe('a recorded task of Google ADK', () => {
  test('an ADK task becomes a complete run output', () => {
    const output = outputOf(ADK, 'send hello')
    expect(output).toMatchObject({
      run_id: '647c5d8b-ce30-4449-8869-b5970b5d51ad',
      agent_id: 'facts',
      agent_name: 'Name of facts',
      session_id: 's1',
      user_id: 'asked',
      content: 'You said: hello',
      content_type: 'str',
      metadata: { adk_app_name: 'facts_agent' },
      created_at: Math.floor(Date.parse('2026-11-23T11:57:40.210797Z') / 1000),
      status: 'COMPLETED',
    })
    expect(Object.keys(output)[0]).toBe('run_id')
  })

  test("text that the task's history repeats is returned once", () => {
    expect(outputOf(ADK, 'send stream')['content']).toBe('You said: stream ')
  })

  test('a failed ADK task becomes an error with its reason', () => {
    expect(outputOf(ADK, 'send fail')).toMatchObject({ status: 'ERROR', content: 'out of facts' })
  })

  test('an ADK task that waits for input becomes a paused run', () => {
    expect(outputOf(ADK, 'send ask')).toMatchObject({
      status: 'PAUSED',
      content: 'Which fact?',
      tools: [{ tool_name: 'ask_someone', external_execution_required: true }],
    })
  })

  test("an ADK task's picture becomes an image of the run", () => {
    expect(outputOf(ADK, 'send draw')).toMatchObject({
      content: 'You said: draw',
      images: [{ content: 'iVBORw0KGgo=', mime_type: 'image/png' }],
    })
  })

  test('an ADK task that has just begun is pending', () => {
    expect(outputOf(ADK, 'nonblocking')).toMatchObject({ status: 'PENDING', content: '' })
  })
})

describe.each(AGNO)('a recorded task of %s', (server) => {
  test.each([
    ['agents/assistant-a', 'agents', 'agent_id'],
    ['teams/team-a', 'teams', 'team_id'],
    ['workflows/wf-a', 'workflows', 'workflow_id'],
  ] as const)('a task of %s keeps its text and user', (path, kind, idKey) => {
    expect(outputOf(server, `send ${path}`, targetOf(kind))).toMatchObject({
      [idKey]: 'facts',
      user_id: 'u1',
      content: 'You said: hello',
      created_at: NOW / 1000,
      status: 'COMPLETED',
    })
  })

  test('a failed task becomes a run with status ERROR', () => {
    expect(outputOf(server, 'send model down')).toMatchObject({
      status: 'ERROR',
      content: 'Connection error.',
    })
  })
})

const file = (source: object) => ({ kind: 'file', file: source })
const task = (extra: object) => ({
  result: { kind: 'task', id: 't', contextId: 'c', status: { state: 'completed' }, ...extra },
})
const output = (extra: object) => runOutput(resultOf(task(extra)), targetOf(), {}, NOW)

test('files are sorted by media type and named after their artifact', () => {
  const parts = ['image/png', 'video/mp4', 'audio/mpeg', 'application/pdf'].map((mimeType) =>
    file({ uri: `http://files/${mimeType}`, mimeType }),
  )
  expect(output({ artifacts: [{ artifactId: 'a', name: 'made', parts }] })).toMatchObject({
    images: [{ url: 'http://files/image/png', mime_type: 'image/png', filename: 'made' }],
    videos: [{ url: 'http://files/video/mp4' }],
    audio: [{ url: 'http://files/audio/mpeg' }],
    files: [{ url: 'http://files/application/pdf' }],
  })
})

test('files of the last message are used when no artifact has any', () => {
  const parts = [file({ bytes: 'AAAA', name: 'a.bin' })]
  expect(output({ history: [{ role: 'agent', parts }] })).toMatchObject({
    files: [{ content: 'AAAA', filename: 'a.bin' }],
  })
})

test('a data part without text becomes its JSON', () => {
  const parts = [{ kind: 'data', data: { answer: 42 } }]
  expect(output({ artifacts: [{ artifactId: 'a', parts }] })['content']).toBe('{"answer":42}')
})

test("the agent's last message in the history is the content", () => {
  const said = (role: string, text: string) => ({ role, parts: [{ kind: 'text', text }] })
  const history = [said('agent', 'first'), said('agent', 'last'), said('user', 'thanks')]
  expect(output({ history })['content']).toBe('last')
})

test('messages and results without a kind become run outputs', () => {
  const parts = [{ kind: 'text', text: 'hi' }]
  const message = resultOf({ result: { messageId: 'm', role: 'agent', parts } })
  expect(runOutput(message, targetOf(), { sessionId: 's' }, NOW)).toMatchObject({
    run_id: 'm',
    session_id: 's',
    content: 'hi',
    status: 'COMPLETED',
  })
  const wrapped = resultOf({ result: { task: { id: 't', status: { state: 'working' } } } })
  expect(runOutput(wrapped, targetOf(), {}, NOW)).toMatchObject({ run_id: 't', status: 'RUNNING' })
  const bare = resultOf({ result: { id: 't', parts: null, artifacts: [null], history: 'x' } })
  expect(runOutput(bare, targetOf(), {}, NOW)).toMatchObject({ content: '' })
})
