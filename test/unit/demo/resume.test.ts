import { expect, test } from 'vitest'
import { allEvents, events, json, names, openDemo, post, rest } from './support.ts'

test('a background run without a stream answers 202 and can be polled', async () => {
  const { a } = await openDemo()
  const fields = { message: 'bg', stream: 'false', background: 'true', session_id: 's2' }
  const answer = await post(`${a}/agents/echo/runs`, fields)
  expect(answer.status).toBe(202)
  const started = await json(answer)
  expect(started).toEqual({
    run_id: expect.any(String),
    session_id: 's2',
    status: 'PENDING',
  })
  const url = `${a}/agents/echo/runs/${started['run_id']}?session_id=s2`
  await expect
    .poll(async () => json(fetch(url)), { interval: 5 })
    .toMatchObject({ status: 'COMPLETED', content: 'You said: bg' })
})

test('the events of a background stream are numbered from 0', async () => {
  const { a } = await openDemo()
  const fields = { message: 'bg', background: 'true' }
  const sent = await allEvents(post(`${a}/agents/echo/runs`, fields))
  expect(sent.map(({ data }) => data['event_index'])).toEqual(sent.map((_, index) => index))
})

test('resuming an active run sends missed events and then live ones', async () => {
  const { a } = await openDemo({ slowWordDelayMs: 60_000 })
  const fields = { message: 'go', background: 'true', session_id: 's1' }
  const stream = events(await post(`${a}/agents/slow/runs`, fields))
  const runId = (await stream.next()).value?.data.run_id
  await stream.next()
  const url = `${a}/agents/slow/runs/${runId}`
  const resumed = events(await post(`${url}/resume`, { last_event_index: '0' }))
  expect((await resumed.next()).value).toEqual({
    event: 'catch_up',
    data: {
      event: 'catch_up',
      run_id: runId,
      status: 'running',
      missed_events: 1,
      current_event_count: 2,
      message: 'Catching up on 1 missed events.',
    },
  })
  expect((await resumed.next()).value).toMatchObject({
    event: 'ModelRequestStarted',
    data: { event_index: 1 },
  })
  expect((await resumed.next()).value).toMatchObject({
    event: 'subscribed',
    data: { current_event_count: 2, message: 'Subscribed to agent run. Receiving live events.' },
  })
  await fetch(`${url}/cancel`, { method: 'POST' })
  expect(await rest(resumed)).toMatchObject([{ event: 'RunCancelled', data: { event_index: 2 } }])
})

test('resuming from the newest event sends only live events', async () => {
  const { a } = await openDemo({ slowWordDelayMs: 60_000 })
  const fields = { message: 'go', background: 'true' }
  const stream = events(await post(`${a}/agents/slow/runs`, fields))
  const runId = (await stream.next()).value?.data.run_id
  await stream.next()
  const url = `${a}/agents/slow/runs/${runId}/resume`
  const resumed = events(await post(url, { last_event_index: '60' }))
  expect((await resumed.next()).value?.event).toBe('subscribed')
})

test('resuming a finished run replays the missed events', async () => {
  const { a } = await openDemo()
  const fields = { message: 'bg', background: 'true' }
  const sent = await allEvents(post(`${a}/agents/echo/runs`, fields))
  const url = `${a}/agents/echo/runs/${sent[0]?.data['run_id']}/resume`
  const [note, ...missed] = await allEvents(post(url, { last_event_index: '3' }))
  expect(note).toMatchObject({
    event: 'replay',
    data: {
      status: 'COMPLETED',
      total_events: sent.length - 4,
      total_buffered: sent.length,
      last_event_index_requested: 3,
      message: `Run COMPLETED. Replaying ${sent.length - 4} missed events (of ${sent.length} total).`,
    },
  })
  expect(missed).toEqual(sent.slice(4))
})

test('resuming a foreground run replays the events stored in its session', async () => {
  const { a } = await openDemo()
  const fields = { message: 'x', session_id: 's1' }
  const sent = await allEvents(post(`${a}/agents/echo/runs`, fields))
  const url = `${a}/agents/echo/runs/${sent[0]?.data['run_id']}/resume`
  const replayed = await allEvents(post(url, { session_id: 's1' }))
  expect(names(replayed)).toEqual([
    'replay',
    'RunStarted',
    'ModelRequestStarted',
    'ModelRequestCompleted',
    'RunContentCompleted',
    'RunCompleted',
  ])
})

test('resuming an unknown run sends an error event', async () => {
  const { a } = await openDemo()
  const sent = await allEvents(post(`${a}/agents/echo/runs/nope/resume`))
  expect(sent).toEqual([
    { event: 'error', data: { event: 'error', error: 'Run nope not found in buffer or database' } },
  ])
})
