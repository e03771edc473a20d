import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { A2aError } from '../../../src/face/a2a/a2a-error.ts'
import { sendRequest } from '../../../src/face/a2a/message.ts'
import {
  paramsOfQuery,
  requestId,
  restRoute,
  rpcOperation,
  taskIdIn,
  versionIn,
} from '../../../src/face/a2a/operation.ts'
import { newRunId, taskIdOf, taskReference } from '../../../src/face/a2a/task-id.ts'
import { taskQuery } from '../../../src/face/a2a/task-query.ts'

const NEW = { version: '1.0' } as const
const OLD = { version: '0.3' } as const

/** The kind of the error, or the gateway's code. */
function failureOf(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    if (error instanceof A2aError) return error.kind
    if (error instanceof GatewayError) return error.code
    throw error
  }
  return 'none'
}

const said = (parts: object[], more: object = {}) => ({
  message: { messageId: 'm', role: 'ROLE_USER', parts, ...more },
})
const saidBefore = (parts: object[], more: object = {}) => ({
  message: { messageId: 'm', role: 'user', parts, ...more },
})

describe('ids of tasks', () => {
  test.each([
    'cc0d5a5c-3f0a-4e1e-9a55-6f1f0d5b8a11',
    'a session/with ünïcode.and~more',
    'x'.repeat(300),
  ])('a run id names its session %s', (sessionId) => {
    const runId = newRunId(sessionId)
    expect(taskIdOf({ runId, sessionId })).toBe(runId)
    expect(taskReference(runId)).toEqual({ runId, sessionId })
    expect(encodeURIComponent(runId)).toBe(runId)
  })

  test('a run of other origin gets a token of both ids', () => {
    const reference = { runId: 'r-1', sessionId: 's-1' }
    const taskId = taskIdOf(reference)
    expect(taskReference(taskId)).toEqual(reference)
  })

  test('a bare run id needs the session beside it', () => {
    expect(taskReference('r-1')).toBeUndefined()
    expect(taskReference('r-1', 's-1')).toEqual({ runId: 'r-1', sessionId: 's-1' })
  })

  test.each(['~!.x', '~YQ==.x', '.x', 'a.b.c', '', '~AAAA/.x'])(
    'the task id %s names no session',
    (taskId) => {
      expect(taskReference(taskId)).toBeUndefined()
    },
  )
})

describe('operations', () => {
  test.each([
    ['message/send', 'send', '0.3'],
    ['SendStreamingMessage', 'stream', '1.0'],
    ['tasks/resubscribe', 'subscribe', '0.3'],
    ['GetTaskPushNotificationConfig', 'push', '1.0'],
  ])('method %s is the operation %s of %s', (method, name, version) => {
    const operation = rpcOperation({ jsonrpc: '2.0', id: 'a', method, params: {} }, undefined)
    expect(operation).toMatchObject({ name, wire: { version, id: 'a', binding: 'jsonrpc' } })
  })

  test.each([
    [[], 'request'],
    [{ method: 'SendMessage', id: 1, params: {} }, 'request'],
    [{ jsonrpc: '2.0', id: {}, method: 'SendMessage', params: {} }, 'request'],
    [{ jsonrpc: '2.0', id: 1, method: '', params: {} }, 'request'],
    [{ jsonrpc: '2.0', id: 1, method: 'constructor', params: {} }, 'method'],
    [{ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: [] }, 'params'],
    [{ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { '': 1 } }, 'params'],
  ])('the request %j is refused as %s', (body, kind) => {
    expect(failureOf(() => rpcOperation(body, undefined))).toBe(kind)
  })

  test('a method of another version than the header names is unknown', () => {
    const body = { jsonrpc: '2.0', id: 1, method: 'message/send', params: {} }
    expect(failureOf(() => rpcOperation(body, '1.0'))).toBe('method')
  })

  test.each([
    [undefined, undefined],
    ['', undefined],
    ['1.0', '1.0'],
    ['1.0.1', '1.0'],
    ['0.3', '0.3'],
  ])('the header A2A-Version %s names version %s', (header, version) => {
    expect(versionIn(header)).toBe(version)
  })

  test.each(['2.0', '1', '0.30', 'x', '1.0, 0.3'])('version %s is not supported', (header) => {
    expect(failureOf(() => versionIn(header))).toBe('version')
  })

  test.each([
    ['POST', 'message:send', { name: 'send', version: '1.0', isAgentOs: false }],
    ['POST', 'v1/message:stream', { name: 'stream', version: '0.3', isAgentOs: true }],
    ['POST', 'v1/tasks:get', { name: 'get', version: '0.3', isAgentOs: true }],
    ['GET', 'tasks/t.1', { name: 'get', taskId: 't.1', version: '1.0' }],
    ['POST', 'tasks/t.1:cancel', { name: 'cancel', taskId: 't.1' }],
    ['GET', 'v1/tasks/t.1:subscribe', { name: 'subscribe', taskId: 't.1', isAgentOs: false }],
    ['DELETE', 'tasks/t/pushNotificationConfigs/p', { name: 'push' }],
    ['GET', 'tasks', { name: 'list' }],
  ])('%s %s is a route', (method, path, route) => {
    expect(restRoute(method, path)).toMatchObject(route)
  })

  test.each([
    ['GET', 'message:send'],
    ['POST', 'tasks'],
    ['POST', 'tasks:get'],
    ['DELETE', 'tasks/t'],
    ['GET', 'tasks/t:cancel'],
    ['POST', 'tasks/t:delete'],
    ['GET', 'v2/tasks'],
  ])('%s %s is no route', (method, path) => {
    expect(failureOf(() => restRoute(method, path))).toBe('method')
  })

  test('only texts and whole numbers are ids of requests', () => {
    expect([{ id: 'a' }, { id: 1 }, { id: null }, { id: 1.5 }, [], 'x'].map(requestId)).toEqual([
      ...['a', 1],
      ...[null, null, null, null],
    ])
  })

  test('the parameters of a query are read by their types', () => {
    const query = new URLSearchParams('pageSize=5&includeArtifacts=true&contextId=7')
    expect(paramsOfQuery(query)).toEqual({ pageSize: 5, includeArtifacts: true, contextId: '7' })
  })

  test('a task is named by id or by resource name', () => {
    expect([taskIdIn({ id: 't' }), taskIdIn({ name: 'tasks/t' })]).toEqual(['t', 't'])
    expect(failureOf(() => taskIdIn({}))).toBe('params')
  })
})

describe('messages', () => {
  test('parts of both versions are read alike', () => {
    const file = { name: 'a.png', mimeType: 'image/png' }
    const old = sendRequest(
      saidBefore([
        { kind: 'text', text: 'look' },
        { kind: 'data', data: { a: 1 } },
        { kind: 'file', file: { ...file, bytes: 'AA==' } },
        { kind: 'file', file: { uri: 'https://x/y.pdf' } },
      ]),
      OLD,
    )
    const now = sendRequest(
      said([
        { text: 'look' },
        { data: { a: 1 } },
        { raw: 'AA==', filename: 'a.png', mediaType: 'image/png' },
        { url: 'https://x/y.pdf' },
      ]),
      NEW,
    )
    expect(now).toEqual(old)
    expect(now).toMatchObject({
      text: 'look\n{"a":1}',
      images: [{ content: 'AA==', mimeType: 'image/png', filename: 'a.png' }],
      files: [{ url: 'https://x/y.pdf' }],
      data: [{ a: 1 }],
    })
  })

  test.each([
    [said([{ url: 'data:image/png;base64,AA==', filename: 'a.png' }]), NEW],
    [
      saidBefore([{ kind: 'file', file: { uri: 'data:image/png;base64,AA==', name: 'a.png' } }]),
      OLD,
    ],
  ])('a data URL holds the bytes and the media type of its file', (params, version) => {
    expect(sendRequest(params, version).images).toEqual([
      { content: 'AA==', mimeType: 'image/png', filename: 'a.png' },
    ])
  })

  test('the media type of a part wins over that of its data URL', () => {
    const part = { url: 'data:;base64,AA==', mediaType: 'audio/wav' }
    expect(sendRequest(said([part]), NEW).audio).toEqual([
      { content: 'AA==', mimeType: 'audio/wav' },
    ])
  })

  test('a document by its bytes becomes an upload', () => {
    const part = { raw: Buffer.from('abc').toString('base64'), mediaType: 'text/plain' }
    const [file] = sendRequest(said([part]), NEW).files
    expect(Buffer.from(file?.content as Uint8Array).toString()).toBe('abc')
  })

  test('a message may be answered before the run ends', () => {
    const parts = [{ text: 'x' }]
    const now = { ...said(parts), configuration: { returnImmediately: true, historyLength: 2 } }
    expect(sendRequest(now, NEW)).toMatchObject({ isBlocking: false, historyLength: 2 })
    const old = { ...saidBefore([{ kind: 'text', text: 'x' }]), configuration: { blocking: false } }
    expect(sendRequest(old, OLD).isBlocking).toBe(false)
    expect(sendRequest(said(parts), NEW).isBlocking).toBe(true)
  })

  test.each([
    [{}, 'AGW_BAD_REQUEST'],
    [{ message: [] }, 'AGW_BAD_REQUEST'],
    [said([]), 'AGW_BAD_REQUEST'],
    [said([{}]), 'AGW_BAD_REQUEST'],
    [said([{ text: 'x', url: 'http://x' }]), 'AGW_BAD_REQUEST'],
    [said([{ text: 1 }]), 'AGW_BAD_REQUEST'],
    [said([{ url: 'file:///etc/passwd' }]), 'AGW_BAD_REQUEST'],
    [said([{ text: 'x' }], { role: 'ROLE_AGENT' }), 'AGW_BAD_REQUEST'],
    [said([{ text: 'x' }], { messageId: '' }), 'AGW_BAD_REQUEST'],
    [said([{ text: 'x' }], { contextId: 'x'.repeat(1025) }), 'AGW_BAD_REQUEST'],
    [{ ...said([{ text: 'x' }]), configuration: { historyLength: -1 } }, 'AGW_BAD_REQUEST'],
    [{ ...said([{ text: 'x' }]), configuration: { acceptedOutputModes: 'x' } }, 'AGW_BAD_REQUEST'],
    [{ ...said([{ text: 'x' }]), configuration: { acceptedOutputModes: ['x/y'] } }, 'contentType'],
    [{ ...said([{ text: 'x' }]), configuration: { taskPushNotificationConfig: {} } }, 'push'],
  ])('the parameters %j are refused with %s', (params, code) => {
    expect(failureOf(() => sendRequest(params as Record<string, unknown>, NEW))).toBe(code)
  })

  test.each([
    [{ kind: 'text' }],
    [{ kind: 'data' }],
    [{ kind: 'file' }],
    [{ kind: 'file', file: {} }],
    [{ kind: 'video' }],
    [{ text: 'x' }],
  ])('the part %j of 0.3 is refused', (part) => {
    expect(failureOf(() => sendRequest(saidBefore([part]), OLD))).toBe('AGW_BAD_REQUEST')
  })
})

describe('lists', () => {
  test('a list asks for 50 tasks without artifacts', () => {
    expect(taskQuery({}, NEW)).toMatchObject({ pageSize: 50, offset: 0, includesArtifacts: false })
  })

  test('states have the names of the version of the request', () => {
    expect(taskQuery({ status: 'TASK_STATE_INPUT_REQUIRED' }, NEW).state).toBe('input-required')
    expect(taskQuery({ status: 'completed' }, OLD).state).toBe('completed')
  })

  test.each([
    { pageSize: 0 },
    { pageSize: 101 },
    { pageToken: 'x' },
    { pageToken: '0' },
    { status: 'done' },
    { status: 'TASK_STATE_DONE' },
    { statusTimestampAfter: '-1' },
    { historyLength: 1.5 },
  ])('the query %j is refused', (params) => {
    expect(failureOf(() => taskQuery(params, NEW))).toBe('AGW_BAD_REQUEST')
  })
})
