import { expect, test } from 'vitest'
import { isUploadable } from '../../../src/client/media.ts'
import type { RequestForm } from '../../../src/client/request-form.ts'
import { continueForm, runForm, toolExecutions } from '../../../src/client/run-form.ts'
import type { RunInput, RunOptions } from '../../../src/client/run-types.ts'

function form(input: RunInput, options: RunOptions = {}, areFilesUploaded = true) {
  return runForm({ input, isStream: false, options, areFilesUploaded })
}

/** Parses the body as a server does. */
async function read(form: RequestForm): Promise<FormData> {
  const { contentType, body } = await form.encode()
  const headers = { 'content-type': contentType }
  return new Response(new Uint8Array(body), { headers }).formData()
}

async function fieldsOf(form: RequestForm): Promise<Record<string, unknown>> {
  return Object.fromEntries(await read(form))
}

test('a text message is sent unchanged and other input as JSON', async () => {
  expect(await fieldsOf(await form('hi\nthere'))).toEqual({ message: 'hi\nthere', stream: 'false' })
  const message = [{ role: 'user', content: 'hi' }]
  const fields = await fieldsOf(await form(message))
  expect(JSON.parse(String(fields['message']))).toEqual(message)
})

test('the stream field is always sent and extra fields cannot change it', async () => {
  const streamed = await runForm({
    input: '',
    isStream: true,
    options: { extraFields: { stream: false } },
    areFilesUploaded: true,
  })
  expect(await fieldsOf(streamed)).toEqual({ message: '', stream: 'true' })
})

test('every option is sent under its wire name, objects as JSON', async () => {
  const options: RunOptions = {
    userId: 'u',
    sessionId: 's',
    sessionState: { a: 1 },
    streamEvents: true,
    retries: 3,
    knowledgeFilters: [{ op: 'EQ', key: 'k', value: 1 }],
    addHistoryToContext: false,
    addDependenciesToContext: true,
    addSessionStateToContext: true,
    dependencies: { d: [1] },
    metadata: { m: 'ü' },
    background: true,
    outputSchema: { type: 'object' },
    useJsonSchema: true,
    version: 2,
    factoryInput: { f: null },
    authToken: 'secret',
    signal: new AbortController().signal,
    extraFields: { debug_mode: true, tags: ['a'] },
  }
  expect(await fieldsOf(await form('x', options))).toEqual({
    message: 'x',
    stream: 'false',
    user_id: 'u',
    session_id: 's',
    session_state: '{"a":1}',
    stream_events: 'true',
    retries: '3',
    knowledge_filters: '[{"op":"EQ","key":"k","value":1}]',
    add_history_to_context: 'false',
    add_dependencies_to_context: 'true',
    add_session_state_to_context: 'true',
    dependencies: '{"d":[1]}',
    metadata: '{"m":"ü"}',
    background: 'true',
    output_schema: '{"type":"object"}',
    use_json_schema: 'true',
    version: '2',
    factory_input: '{"f":null}',
    debug_mode: 'true',
    tags: '["a"]',
  })
})

test('undefined and empty options are not sent', async () => {
  const options = { userId: undefined, images: [], files: [] }
  expect(await fieldsOf(await form('x', options))).toEqual({ message: 'x', stream: 'false' })
})

test('media are sent as JSON with base64 content', async () => {
  const fields = await fieldsOf(
    await form('x', {
      images: [
        { url: 'http://i', altText: 'a cat' },
        { content: Buffer.from('png'), id: '1' },
      ],
      audio: [{ content: new Blob(['wav'], { type: 'audio/wav' }) }],
      videos: [{ content: 'AAAA', mime_type: 'video/mp4' }],
    }),
  )
  expect(JSON.parse(String(fields['images']))).toEqual([
    { url: 'http://i', alt_text: 'a cat' },
    { content: 'cG5n', id: '1' },
  ])
  expect(JSON.parse(String(fields['audio']))).toEqual([{ content: 'd2F2', mime_type: 'audio/wav' }])
  expect(JSON.parse(String(fields['videos']))).toEqual([
    { content: 'AAAA', mime_type: 'video/mp4' },
  ])
})

test('files with bytes are uploaded and others described in JSON', async () => {
  const bytes = Buffer.from([0, 13, 10, 255])
  const parts = await read(
    await form('x', {
      files: [
        { content: bytes, filename: 'a "b"\n.bin', mimeType: 'application/pdf' },
        { url: 'http://f', mimeType: 'text/plain' },
        { content: new File(['hi'], 'hi.txt', { type: 'text/plain' }), metadata: { k: 1 } },
        { content: new Uint8Array() },
      ],
    }),
  )
  const files = parts.getAll('files') as File[]
  expect(files.map(({ name }) => name)).toEqual(['a "b"\n.bin', 'hi.txt', 'upload'])
  expect(files.map(({ type }) => type)).toEqual([
    'application/pdf',
    'text/plain',
    'application/octet-stream',
  ])
  expect(Buffer.from((await files[0]?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(bytes)
  expect(parts.get('input_files')).toBe('[{"url":"http://f","mime_type":"text/plain"}]')
  expect(parts.get('files_metadata')).toBe('[{},{"k":1},{}]')
  expect(parts.get('message')).toBe('x')
})

test('a media type cannot inject a header into a multipart part', async () => {
  const { body } = await (
    await form('x', { files: [{ content: Buffer.from(''), mimeType: 'a/b\r\nx-evil: 1' }] })
  ).encode()
  expect(body.toString()).not.toContain('\r\nx-evil')
})

test('files that may not be uploaded are sent in JSON', async () => {
  const fields = await fieldsOf(
    await form(
      'x',
      {
        files: [
          { content: Buffer.from('hé'), mimeType: 'text/plain' },
          { content: Buffer.from('%PDF'), mimeType: 'application/pdf' },
        ],
      },
      false,
    ),
  )
  expect(JSON.parse(String(fields['input_files']))).toEqual([
    { content: 'hé', mime_type: 'text/plain' },
    { content: 'JVBERg==', mime_type: 'application/pdf' },
  ])
})

test('a file counts as uploadable when it has bytes', () => {
  expect(isUploadable({ content: 'text' })).toBe(false)
  expect(isUploadable({ url: 'http://f' })).toBe(false)
  expect(isUploadable({ content: new Blob([]) })).toBe(true)
})

test('the answers to a paused run are sent in the given field', async () => {
  const options = { sessionId: 's', userId: 'u', background: false, extraFields: { fork: true } }
  expect(await fieldsOf(continueForm('tools', [{ confirmed: true }], true, options))).toEqual({
    tools: '[{"confirmed":true}]',
    stream: 'true',
    session_id: 's',
    user_id: 'u',
    background: 'false',
    fork: 'true',
  })
})

test('tool calls are extracted from requirements', () => {
  const tool = { tool_call_id: '1' }
  expect(toolExecutions([tool, { tool_execution: tool }, { tool_execution: null }])).toEqual([
    tool,
    tool,
  ])
})
