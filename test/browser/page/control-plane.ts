/** Plays the tabs of the os.agno.com control plane with AgentOS's documented routes. */
import { Client } from './client.ts'
import type { SeenEvent, Step, Target } from './contract.ts'

export async function controlPlane(target: Target): Promise<Step[]> {
  const client = new Client(target.base)
  const headers: Record<string, string> =
    target.token === undefined ? {} : { Authorization: `Bearer ${target.token}` }
  const json = { ...headers, 'Content-Type': 'application/json' }
  const { db } = target
  const get = (path: string, query: Record<string, string | undefined> = {}) =>
    client.call('GET', path, { headers, query: { db_id: db, ...query } })
  const post = (path: string, body: object, query = {}) =>
    client.call('POST', path, {
      headers: json,
      query: { db_id: db, ...query },
      body: JSON.stringify(body),
    })
  const page = { limit: '20', page: '1' }

  // Connection to an AgentOS.
  for (const path of ['/health', '/info', '/config', '/agents', '/teams', '/workflows']) {
    await client.call('GET', path, { headers })
  }
  // Chat.
  const run = await client.call('POST', `/agents/${target.agent}/runs`, {
    headers,
    form: { message: 'use tool', stream: 'true' },
  })
  const session = String((run.body as SeenEvent[])[0]?.['session_id'])
  // Sessions.
  const type = 'agent'
  await get('/sessions', { ...page, type, sort_by: 'created_at', sort_order: 'desc' })
  await get(`/sessions/${session}`, { type })
  await get(`/sessions/${session}/runs`, { type })
  await post(`/sessions/${session}/rename`, { session_name: 'Renamed' }, { type })
  await client.call('DELETE', `/sessions/${session}`, { headers, query: { db_id: db } })
  // Memories.
  const memory = await post('/memories', { memory: 'likes tea', topics: ['drinks'], user_id: 'u9' })
  const memoryPath = `/memories/${(memory.body as { memory_id: string }).memory_id}`
  await get('/memories', { ...page, user_id: 'u9' })
  await get('/user_memory_stats', page)
  await get('/memory_topics')
  await client.call('PATCH', memoryPath, {
    headers: json,
    query: { db_id: db },
    body: JSON.stringify({ memory: 'likes coffee', user_id: 'u9' }),
  })
  await client.call('DELETE', memoryPath, { headers, query: { db_id: db, user_id: 'u9' } })
  // Knowledge.
  await get('/knowledge/config')
  const content = await client.call('POST', '/knowledge/content', {
    headers,
    query: { db_id: db },
    form: {
      name: 'note',
      text_content: `Saturn has rings ${crypto.randomUUID()}`,
      metadata: '{}',
    },
  })
  const contentPath = `/knowledge/content/${(content.body as { id: string }).id}`
  await client.poll(
    `${contentPath}/status`,
    { headers, query: { db_id: db } },
    (body) => (body as { status: string }).status === 'completed',
  )
  await get(contentPath)
  await get('/knowledge/content', page)
  await post('/knowledge/search', { query: 'rings', db_id: db })
  await client.call('DELETE', contentPath, { headers, query: { db_id: db } })
  // Traces, metrics, evaluations.
  await get('/traces', page)
  await get('/trace_session_stats', page)
  await post('/metrics/refresh', {})
  await get('/metrics', { starting_date: '2026-01-01', ending_date: '2026-01-31' })
  await get('/eval-runs', { ...page, sort_by: 'updated_at', sort_order: 'desc' })
  return client.steps
}
