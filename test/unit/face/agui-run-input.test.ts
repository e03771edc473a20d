/** Tests how the body of an AG-UI run is read, in both versions of the protocol. */
import { describe, expect, test } from 'vitest'
import { aguiInput } from '../../../src/face/agui/run-input.ts'

const BAD_REQUEST = expect.objectContaining({ code: 'AGW_BAD_REQUEST' })
const BASE64 = Buffer.from('a,b').toString('base64')

function userSays(...content: unknown[]) {
  return { messages: [{ role: 'user', content }] }
}

describe('AG-UI run input', () => {
  test('an empty body gets only new ids', async () => {
    const { threadId, runId, ...rest } = await aguiInput({ state: {} })
    expect(threadId).toMatch(/^[\da-f-]{36}$/)
    expect(runId).not.toBe(threadId)
    expect(rest).toEqual({
      isVersion1: false,
      message: '',
      images: [],
      audio: [],
      videos: [],
      files: [],
      answers: [],
      state: undefined,
      context: undefined,
      tools: [],
    })
  })

  test('members in snake_case are read like those in camelCase', async () => {
    const input = await aguiInput({
      thread_id: 't1',
      run_id: 'r1',
      protocol_version: '1.0',
      messages: [{ role: 'tool', tool_call_id: 'c1', content: 'noon' }],
    })
    expect(input).toMatchObject({ threadId: 't1', runId: 'r1', isVersion1: true })
    expect(input.answers).toMatchObject([{ callId: 'c1', payload: 'noon' }])
    const resumed = await aguiInput({ resume: [{ interrupt_id: 'c2', status: 'cancelled' }] })
    expect(resumed.answers).toMatchObject([{ callId: 'c2', isCancelled: true }])
    const image = { type: 'binary', mime_type: 'image/png', data: BASE64 }
    expect((await aguiInput(userSays(image))).images).toMatchObject([{ mimeType: 'image/png' }])
  })

  test('only messages after the last answer are sent', async () => {
    const input = await aguiInput({
      threadId: 't1',
      runId: 'r1',
      protocolVersion: '1.0',
      state: { a: 1 },
      tools: [{ name: 'paint' }],
      messages: [
        { role: 'user', content: 'old' },
        { role: 'assistant', content: 'answer' },
        { role: 'user', content: 'new' },
        { role: 'user', content: [{ type: 'text', text: 'more' }, 'skipped'] },
        { role: 'user' },
      ],
    })
    expect(input).toMatchObject({ threadId: 't1', runId: 'r1', isVersion1: true, tools: ['paint'] })
    expect(input.message).toBe('new\n\nmore\n\n')
    expect(input.state).toEqual({ a: 1 })
  })

  test('context values with valid JSON are parsed', async () => {
    const context = [
      { description: 'user', value: '{"name":"Ann"}' },
      { description: '', value: 'plain words' },
      { description: 'count', value: 3 },
    ]
    expect((await aguiInput({ context })).context).toEqual({
      user: { name: 'Ann' },
      context_2: 'plain words',
      count: 3,
    })
  })

  test('tool messages at the end answer the paused run', async () => {
    const messages = [
      { role: 'assistant' },
      { role: 'tool', toolCallId: 'c1', content: 'true' },
      { role: 'tool', toolCallId: 'c2', content: '', error: 'failed' },
    ]
    expect((await aguiInput({ messages })).answers).toEqual([
      { callId: 'c1', payload: 'true', isError: false, isCancelled: false },
      { callId: 'c2', payload: 'failed', isError: true, isCancelled: false },
    ])
    const next = await aguiInput({ messages: [...messages, { role: 'user', content: 'next' }] })
    expect(next).toMatchObject({ answers: [], message: 'next' })
  })

  test('resumed interrupts take precedence over tool messages', async () => {
    const input = await aguiInput({
      messages: [{ role: 'tool', toolCallId: 'c1', content: 'true' }],
      resume: [
        { interruptId: 'c1', status: 'resolved', payload: { accepted: true } },
        { interruptId: 'c2', status: 'cancelled' },
      ],
    })
    expect(input.answers).toEqual([
      { callId: 'c1', payload: { accepted: true }, isError: false, isCancelled: false },
      { callId: 'c2', payload: undefined, isError: false, isCancelled: true },
    ])
  })

  test('media of protocol 1.0 are sorted by their kind', async () => {
    const data = { type: 'data', value: BASE64, mimeType: 'text/csv' }
    const url = { type: 'url', value: 'https://example.com/a' }
    const input = await aguiInput(
      userSays(
        { type: 'image', source: url },
        { type: 'audio', source: { ...data, mimeType: 'audio/wav' } },
        { type: 'video', source: url },
        { type: 'document', source: data, filename: 'a.csv' },
        { type: 'unknown' },
      ),
    )
    expect(input.images).toEqual([{ url: 'https://example.com/a' }])
    expect(input.audio).toEqual([{ content: BASE64, mimeType: 'audio/wav' }])
    expect(input.videos).toEqual([{ url: 'https://example.com/a' }])
    const content = new Uint8Array(Buffer.from('a,b'))
    expect(input.files).toEqual([{ content, mimeType: 'text/csv', filename: 'a.csv' }])
  })

  test('older binary parts are sorted by their media type', async () => {
    const input = await aguiInput(
      userSays(
        { type: 'binary', mimeType: 'image/png', data: `data:image/png;base64,${BASE64}` },
        { type: 'binary', mimeType: 'video/mp4', url: 'https://example.com/v' },
        { type: 'binary', data: BASE64 },
      ),
    )
    expect(input.images).toEqual([{ content: BASE64, mimeType: 'image/png' }])
    expect(input.videos).toEqual([{ url: 'https://example.com/v', mimeType: 'video/mp4' }])
    expect(input.files).toEqual([{ content: new Uint8Array(Buffer.from('a,b')) }])
  })

  test.each([
    [{ messages: 'x' }],
    [{ threadId: 7 }],
    [{ resume: [{}] }],
    [{ messages: [{ role: 'tool', content: 'x' }] }],
    [{ messages: [{ role: 'user', content: 7 }] }],
    [userSays({ type: 'image', source: { type: 'url', value: 'file:///etc/passwd' } })],
    [userSays({ type: 'image' })],
  ])('the body %j is refused as a bad request', async (body) => {
    await expect(aguiInput(body)).rejects.toThrow(BAD_REQUEST)
  })
})
