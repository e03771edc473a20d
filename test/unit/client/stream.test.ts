import { expect, expectTypeOf, test } from 'vitest'
import type { ToolExecution } from '../../../src/client/index.ts'
import { rawEvent } from '../../../src/client/index.ts'
import { answerJson, beginEvents, eventText } from '../../support/fake-upstream.ts'
import { all, failureOf, fieldsOf, openAgent } from './support.ts'

const STARTED = eventText({ event: 'RunStarted', run_id: 'r', model: 'm' })
const content = (text: string) => eventText({ event: 'RunContent', run_id: 'r', content: text })

test('a streamed run yields its events as parsed objects', async () => {
  const { agent, upstream } = await openAgent((_, response) => {
    beginEvents(response)
    response.end(`${STARTED}: heartbeat\n\n${content('hi')}`)
  })
  const events = await all(agent.run('x', { stream: true, streamEvents: true, authToken: 'jwt' }))
  expect(events).toEqual([
    { event: 'RunStarted', run_id: 'r', model: 'm' },
    { event: 'RunContent', run_id: 'r', content: 'hi' },
  ])
  expect(fieldsOf(upstream.requests[0])).toEqual({
    message: 'x',
    stream: 'true',
    stream_events: 'true',
  })
  expect(upstream.requests[0]?.headers).toMatchObject({
    accept: 'text/event-stream',
    authorization: 'Bearer jwt',
  })
})

test('run events are typed by their name', async () => {
  const { agent } = await openAgent((_, response) => {
    beginEvents(response)
    response.end(STARTED)
  })
  for await (const event of agent.run('x', { stream: true })) {
    expectTypeOf(event.event_index).toEqualTypeOf<number | null | undefined>()
    expectTypeOf(event.event).toExtend<string>()
    expectTypeOf(event['new_member']).toBeUnknown()
    if (event.event === 'RunStarted') {
      expectTypeOf(event.model).toEqualTypeOf<string | null | undefined>()
    }
    if (event.event === 'RunPaused') {
      expectTypeOf(event.tools).toEqualTypeOf<ToolExecution[] | null | undefined>()
    }
  }
})

test('unknown events are yielded with their raw form', async () => {
  const { agent } = await openAgent((_, response) => {
    beginEvents(response)
    response.write('id: 4\nevent: NewInAgno9\ndata: {"event_index":4,\ndata: "x":1}\n\n')
    response.end('event: done\ndata: [DONE]\n\ndata: [1]\n\n')
  })
  const events = await all(agent.run('x', { stream: true }))
  expect(events).toEqual([
    { event: 'NewInAgno9', event_index: 4, x: 1 },
    { event: 'done', content: '[DONE]' },
    { event: 'message', content: [1] },
  ])
  expect(events[0]?.[rawEvent]).toMatchObject({ id: '4', data: '{"event_index":4,\n"x":1}' })
  expect(JSON.stringify(events[1])).toBe('{"content":"[DONE]","event":"done"}')
})

test('events are yielded while the run continues', async () => {
  const asked = Promise.withResolvers<void>()
  const { agent } = await openAgent(async (_, response) => {
    beginEvents(response)
    response.write(STARTED)
    await asked.promise
    response.end(content('late'))
  })
  const stream = agent.run('x', { stream: true })
  expect((await stream.next()).value).toMatchObject({ event: 'RunStarted' })
  asked.resolve()
  expect((await stream.next()).value).toMatchObject({ content: 'late' })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})

test('a streamed run sends its request when the first event is read', async () => {
  const { agent, upstream } = await openAgent((_, response) => {
    beginEvents(response)
    response.end(STARTED)
  })
  const stream = agent.run('x', { stream: true })
  await agent.cancelRun('other')
  expect(upstream.requests).toHaveLength(1)
  await stream.next()
  expect(upstream.requests).toHaveLength(2)
})

test('leaving the loop early closes the upstream connection', async () => {
  const closed = Promise.withResolvers<void>()
  const { agent } = await openAgent((_, response) => {
    response.on('close', () => closed.resolve())
    beginEvents(response)
    response.write(STARTED)
  })
  for await (const event of agent.run('x', { stream: true })) {
    expect(event.run_id).toBe('r')
    break
  }
  await closed.promise
})

test('aborting the signal ends the stream and closes its connection', async () => {
  const client = new AbortController()
  const closed = Promise.withResolvers<void>()
  const { agent } = await openAgent((_, response) => {
    response.on('close', () => closed.resolve())
    beginEvents(response)
    response.write(STARTED + content('unread'))
  })
  const stream = agent.run('x', { stream: true, signal: client.signal })
  await stream.next()
  client.abort(new Error('enough'))
  expect(await failureOf(stream.next())).toMatchObject({
    code: 'AGW_CLIENT_CLOSED',
    cause: { message: 'enough' },
  })
  await closed.promise
})

test('an already aborted signal prevents the request', async () => {
  const { agent, upstream } = await openAgent(() => undefined)
  const signal = AbortSignal.abort(new Error('never'))
  const stream = agent.run('x', { stream: true, signal })
  expect(await failureOf(stream.next())).toMatchObject({ message: 'never' })
  expect(upstream.requests).toHaveLength(0)
})

test('an error answer to a streamed run throws an AgentOSError', async () => {
  const { agent } = await openAgent((_, response) =>
    answerJson(response, { detail: 'Session not found' }, 404),
  )
  const stream = agent.run('x', { stream: true })
  expect(await failureOf(stream.next())).toMatchObject({ status: 404, detail: 'Session not found' })
})

test('an answer that is no event stream throws a GatewayError', async () => {
  const { agent } = await openAgent((_, response) => answerJson(response, { run_id: 'r' }))
  expect(await failureOf(agent.run('x', { stream: true }).next())).toMatchObject({
    code: 'AGW_UPSTREAM_PROTOCOL',
  })
})

test('a broken stream throws after the events that arrived', async () => {
  const { agent } = await openAgent((_, response) => {
    beginEvents(response)
    response.write(`${STARTED}event: RunCo`, () => response.destroy())
  })
  const stream = agent.run('x', { stream: true })
  expect((await stream.next()).value).toMatchObject({ event: 'RunStarted' })
  expect(await failureOf(stream.next())).toMatchObject({ code: 'AGW_RELAY_INTERRUPTED' })
})

test('a stream faster than its reader is yielded whole', async () => {
  const count = 20_000
  const { agent } = await openAgent((_, response) => {
    beginEvents(response)
    response.end(Array.from({ length: count }, (_, i) => content(String(i))).join(''))
  })
  let seen = 0
  for await (const event of agent.run('x', { stream: true })) {
    if (event.content !== String(seen)) break
    seen++
  }
  expect(seen).toBe(count)
})

test('resumeRun asks for events after the last index seen', async () => {
  const { agent, upstream } = await openAgent((_, response) => {
    beginEvents(response)
    response.end(eventText({ event: 'catch_up', missed_events: 1 }))
  })
  const [event] = await all(agent.resumeRun('r', { lastEventIndex: 0, sessionId: 's' }))
  if (event?.event === 'catch_up') expect(event.missed_events).toBe(1)
  expect(event?.event).toBe('catch_up')
  expect(upstream.requests[0]?.url).toBe('/agents/my%20agent/runs/r/resume')
  expect(fieldsOf(upstream.requests[0])).toEqual({ last_event_index: '0', session_id: 's' })
})
