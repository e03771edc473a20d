import { describe, expect, test } from 'vitest'
import type { A2aBinding } from '../../../config/types.ts'
import { callFor } from '../../../src/a2a/request.ts'
import { RequestForm } from '../../../src/client/request-form.ts'
import { failureOf } from '../client/support.ts'

interface Sent {
  readonly method: string
  readonly params: {
    readonly id?: string
    readonly contextId?: string
    readonly configuration?: object
    readonly message: Record<string, unknown> & { readonly parts: unknown[] }
  }
}

async function call(
  method: string,
  path: string,
  form?: RequestForm,
  binding: A2aBinding = 'json-rpc',
) {
  const { contentType, body } = await (form ?? new RequestForm()).encode()
  const headers = ['Content-Type', contentType]
  const made = await callFor({ method, path, headers, body: form ? body : null }, binding)
  const sent = JSON.parse(made.body?.toString() ?? 'null') as Sent
  return { ...made, sent }
}

const fields = (values: Record<string, unknown>) => new RequestForm().setAll(values)

describe('runs', () => {
  test("a run becomes the A2A message that Agno's client sends", async () => {
    const form = fields({
      message: 'hi',
      stream: false,
      session_id: 's',
      user_id: 'u',
      metadata: { tier: 1 },
      retries: 3,
    })
    const { sent, path, answerForm, namedIds } = await call('POST', '/runs', form)
    expect({ path, answerForm }).toEqual({ path: '', answerForm: 'output' })
    expect(sent).toMatchObject({
      jsonrpc: '2.0',
      id: expect.any(String),
      method: 'message/send',
      params: {
        message: {
          kind: 'message',
          messageId: expect.any(String),
          role: 'user',
          contextId: 's',
          metadata: { userId: 'u', tier: 1 },
          parts: [{ kind: 'text', text: 'hi' }],
        },
      },
    })
    expect(sent.params).not.toHaveProperty('configuration')
    expect(namedIds).toEqual({ sessionId: 's', userId: 'u', taskId: undefined })
  })

  test('a run streams over A2A unless the form disables it', async () => {
    const { sent, answerForm } = await call('POST', '/runs', fields({ message: 'hi' }))
    expect({ method: sent.method, answerForm }).toEqual({
      method: 'message/stream',
      answerForm: 'events',
    })
    expect(sent.params.message).not.toHaveProperty('contextId')
    expect(sent.params.message).not.toHaveProperty('metadata')
    const whole = await call('POST', '/runs', fields({ message: 'hi', stream: 'False' }))
    expect(whole.sent.method).toBe('message/send')
  })

  test('a background run becomes a non-blocking A2A message', async () => {
    const form = fields({ message: 'hi', stream: false, background: true })
    const { sent, answerForm } = await call('POST', '/runs', form)
    expect(sent.params.configuration).toEqual({ blocking: false })
    expect(answerForm).toBe('accepted')
  })

  test('the files of a run become file parts', async () => {
    const form = fields({
      message: 'look',
      images: [{ url: 'http://i/1' }, { content: 'QUJD', mime_type: 'image/png' }],
      audio: { url: 'http://a/1', mime_type: 'audio/wav' },
      videos: [{ filepath: '/only/there' }, 7],
      input_files: [{ content: 'plain', mime_type: 'text/plain', filename: 'a.txt' }],
    })
    const bytes = Buffer.from([1, 2])
    form.upload('files', { filename: 'b.pdf', contentType: 'application/pdf', bytes })
    const { sent } = await call('POST', '/runs', form)
    expect(sent.params.message.parts.slice(1)).toEqual([
      { kind: 'file', file: { uri: 'http://i/1', mimeType: 'image/*' } },
      { kind: 'file', file: { bytes: 'QUJD', mimeType: 'image/png' } },
      { kind: 'file', file: { uri: 'http://a/1', mimeType: 'audio/wav' } },
      { kind: 'file', file: { bytes: 'cGxhaW4=', mimeType: 'text/plain', name: 'a.txt' } },
      { kind: 'file', file: { bytes: 'AQI=', mimeType: 'application/pdf', name: 'b.pdf' } },
    ])
  })

  test('files for an AgentOS become data URLs, and text files text parts', async () => {
    const form = fields({
      message: 'look',
      images: [{ url: 'http://i/1' }, { content: 'iVBORw0KGgo=' }, { content: '/9j/4AAQ' }],
      videos: { url: 'http://v/1' },
      input_files: [
        { url: 'http://f/1' },
        { content: 'plain', mime_type: 'text/plain', filename: 'a.txt' },
        { content: 'e30=', mime_type: 'application/json' },
      ],
    })
    form.upload('files', {
      filename: 'b.gif',
      contentType: 'image/gif',
      bytes: Buffer.from('GIF89a'),
    })
    const { sent } = await call('POST', '/runs', form, 'rest')
    const png = { uri: 'data:image/png;base64,iVBORw0KGgo=', mimeType: 'image/png' }
    const jpeg = { uri: 'data:image/jpeg;base64,/9j/4AAQ', mimeType: 'image/jpeg' }
    const gif = { uri: 'data:image/gif;base64,R0lGODlh', mimeType: 'image/gif', name: 'b.gif' }
    expect(sent.params.message.parts.slice(1)).toEqual([
      { kind: 'file', file: { uri: 'http://i/1', mimeType: 'image/*' } },
      { kind: 'file', file: png },
      { kind: 'file', file: jpeg },
      { kind: 'file', file: { uri: 'http://v/1', mimeType: 'video/*' } },
      { kind: 'file', file: { uri: 'http://f/1', mimeType: 'application/pdf' } },
      { kind: 'text', text: 'a.txt:\nplain' },
      { kind: 'text', text: '{}' },
      { kind: 'file', file: gif },
    ])
  })

  test.each([
    ['audio', { content: 'AQI=', mime_type: 'audio/wav' }],
    ['videos', { content: 'AQI=' }],
    ['input_files', { content: 'AQI=', mime_type: 'application/pdf' }],
  ])('%s given by their bytes are refused for an AgentOS', async (field, item) => {
    const form = fields({ message: 'look', [field]: item })
    expect(await failureOf(call('POST', '/runs', form, 'rest'))).toMatchObject({
      code: 'AGW_A2A_FILE_UNSUPPORTED',
      status: 415,
    })
  })

  test('media and metadata that are no JSON are left out', async () => {
    const form = fields({ message: 'hi', images: 'x', metadata: '[1' })
    const { sent } = await call('POST', '/runs', form)
    expect(sent.params.message.parts).toHaveLength(1)
    expect(sent.params.message).not.toHaveProperty('metadata')
  })

  test("a run without a message is refused with AgentOS's error", async () => {
    expect(await failureOf(call('POST', '/runs', fields({ stream: false })))).toMatchObject({
      code: 'AGW_BODY_INVALID',
      detail: [{ type: 'missing', loc: ['body', 'message'], msg: 'Field required', input: null }],
    })
    expect(await failureOf(call('POST', '/runs'))).toMatchObject({ code: 'AGW_BODY_INVALID' })
  })

  test('a malformed multipart form is refused', async () => {
    const headers = ['content-type', 'multipart/form-data; boundary=x']
    const request = { method: 'POST', path: '/runs', headers, body: Buffer.from('--y') }
    expect(await failureOf(callFor(request, 'rest'))).toMatchObject({ code: 'AGW_BODY_INVALID' })
  })
})

describe('requests about a task', () => {
  test.each([
    ['GET', '/runs/t%2F1?session_id=s', 'tasks/get', 'output', '/v1/tasks:get'],
    ['POST', '/runs/t%2F1/cancel?session_id=s', 'tasks/cancel', 'nothing', '/v1/tasks:cancel'],
  ])(
    'the request %s %s becomes the A2A method %s',
    async (method, path, rpc, answerForm, restPath) => {
      const one = await call(method, path)
      expect(one).toMatchObject({ path: '', answerForm })
      expect(one.sent).toMatchObject({ method: rpc, params: { id: 't/1' } })
      expect(one.sent.params).not.toHaveProperty('contextId')
      const rest = await call(method, path, undefined, 'rest')
      expect(rest.path).toBe(restPath)
      expect(rest.sent.params).toEqual({ id: 't/1', contextId: 's' })
    },
  )

  test('resuming a run becomes tasks/resubscribe over JSON-RPC', async () => {
    const { sent, answerForm } = await call('POST', '/runs/t/resume', fields({ session_id: 's' }))
    expect(sent).toMatchObject({ method: 'tasks/resubscribe', params: { id: 't' } })
    expect(answerForm).toBe('events')
  })

  test('continuing a run with a message becomes a message to its task', async () => {
    const { sent, namedIds } = await call('POST', '/runs/t/continue', fields({ message: 'this' }))
    expect(sent).toMatchObject({
      method: 'message/stream',
      params: { message: { taskId: 't', parts: [{ text: 'this' }] } },
    })
    expect(namedIds.taskId).toBe('t')
  })
})

test('a request for the component itself fetches the agent card', async () => {
  expect(await call('GET', '?version=1')).toMatchObject({
    method: 'GET',
    path: '/.well-known/agent-card.json',
    answerForm: 'card',
  })
})

test.each([
  ['GET', '/runs', 'rest'],
  ['GET', '/runs/t/checkpoints', 'json-rpc'],
  ['POST', '/runs/t/resume', 'rest'],
  ['POST', '/runs/t/continue', 'json-rpc'],
  ['DELETE', '/runs/t', 'json-rpc'],
  ['POST', '/sessions/s/fork', 'json-rpc'],
  ['PATCH', '', 'rest'],
] as const)('the request %s %s is unsupported over A2A (%s)', async (method, path, binding) => {
  const form = method === 'POST' ? fields({ tools: [] }) : undefined
  expect(await failureOf(call(method, path, form, binding))).toMatchObject({
    code: 'AGW_A2A_UNSUPPORTED',
    status: 501,
  })
})
