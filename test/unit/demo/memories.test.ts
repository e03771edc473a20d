import { expect, test } from 'vitest'
import { json, list, openDemo, send } from './support.ts'

test('a memory can be created, found, read, changed and deleted', async () => {
  const { a } = await openDemo()
  const body = { memory: 'likes tea', user_id: 'u1', topics: ['drinks'] }
  const memory = await json(send('POST', `${a}/memories`, body))
  expect(memory).toEqual({
    memory_id: expect.any(String),
    ...body,
    agent_id: null,
    team_id: null,
    updated_at: expect.any(String),
  })
  const url = `${a}/memories/${memory['memory_id']}`
  expect(await json(fetch(`${a}/memories?user_id=u1&search_content=TEA`))).toEqual({
    data: [memory],
    meta: { page: 1, limit: 20, total_pages: 1, total_count: 1, search_time_ms: 0 },
  })
  expect(await json(fetch(`${a}/memories?topics=food`))).toMatchObject({ data: [] })
  expect(await json(fetch(url))).toEqual(memory)
  expect(await list(fetch(`${a}/memory_topics`))).toEqual(['drinks'])
  const changed = await json(send('PATCH', url, { memory: 'likes coffee', user_id: 'u1' }))
  expect(changed).toMatchObject({ memory_id: memory['memory_id'], memory: 'likes coffee' })
  expect((await fetch(`${url}?user_id=u1`, { method: 'DELETE' })).status).toBe(204)
  expect((await fetch(url)).status).toBe(404)
})

test('a memory of another user can be neither read nor deleted', async () => {
  const { a } = await openDemo()
  const memory = await json(send('POST', `${a}/memories`, { memory: 'm', user_id: 'u1' }))
  const url = `${a}/memories/${memory['memory_id']}`
  expect((await fetch(`${url}?user_id=u2`)).status).toBe(404)
  await fetch(`${url}?user_id=u2`, { method: 'DELETE' })
  expect((await fetch(url)).status).toBe(200)
  await send('DELETE', `${a}/memories`, { memory_ids: [memory['memory_id']] })
  expect((await fetch(url)).status).toBe(404)
})

test('creating a memory requires a text and a user', async () => {
  const { a } = await openDemo()
  expect((await send('POST', `${a}/memories`, { user_id: 'u1' })).status).toBe(422)
  expect((await send('POST', `${a}/memories`, { memory: 'm' })).status).toBe(400)
})
