import { expect, test } from 'vitest'
import type { RemoteKnowledge } from '../../../src/client/index.ts'
import type { ReceivedRequest } from '../../support/fake-upstream.ts'
import { answerJson } from '../../support/fake-upstream.ts'
import { fieldsOf, openAgent } from './support.ts'

/** Returns the knowledge of an agent, and the requests it sends after its config was read. */
async function openKnowledge(instances = [{ id: 'k', db_id: 'db', table: 'docs' }]) {
  const { agent, upstream } = await openAgent(({ url }, response) => {
    if (url === '/config') {
      answerJson(response, { knowledge: { knowledge_instances: instances } })
    } else if (url.startsWith('/agents/')) {
      answerJson(response, { knowledge: { db_id: 'db', knowledge_table: 'docs' } })
    } else {
      answerJson(response, { id: 'c' })
    }
  })
  await agent.refreshConfig()
  const seen = upstream.requests.length
  return {
    knowledge: agent.knowledge as RemoteKnowledge,
    requests: () => upstream.requests.slice(seen),
  }
}

const IDS = 'db_id=db&knowledge_id=k'

function lineOf({ method, url }: ReceivedRequest): string {
  return `${method} ${url}`
}

test('every knowledge request carries database id and knowledge id', async () => {
  const { knowledge, requests } = await openKnowledge()
  await knowledge.getConfig()
  await knowledge.getContent()
  await knowledge.getContentById('c/1')
  await knowledge.getContentStatus('c')
  await knowledge.deleteContentById('c')
  await knowledge.deleteAllContent()
  expect(requests().map(lineOf)).toEqual([
    `GET /knowledge/config?${IDS}`,
    `GET /knowledge/content?${IDS}&limit=20&page=1&sort_by=created_at&sort_order=desc`,
    `GET /knowledge/content/c%2F1?${IDS}`,
    `GET /knowledge/content/c/status?${IDS}`,
    `DELETE /knowledge/content/c?${IDS}`,
    `DELETE /knowledge/content?${IDS}`,
  ])
})

test('only the database id is sent when several knowledge bases match', async () => {
  const instance = { id: 'k', db_id: 'db', table: 'docs' }
  const { knowledge, requests } = await openKnowledge([instance, { ...instance, id: 'l' }])
  await knowledge.getConfig()
  expect(requests().map(lineOf)).toEqual(['GET /knowledge/config?db_id=db'])
})

test('a knowledge search sends both ids in its body', async () => {
  const { knowledge, requests } = await openKnowledge()
  await knowledge.searchKnowledge('tea', { maxResults: 3, searchType: 'hybrid', authToken: 'jwt' })
  const [request] = requests()
  expect(request).toMatchObject({ method: 'POST', url: '/knowledge/search' })
  expect(request?.headers.authorization).toBe('Bearer jwt')
  expect(JSON.parse(String(request?.body))).toEqual({
    query: 'tea',
    max_results: 3,
    search_type: 'hybrid',
    meta: { limit: 20, page: 1 },
    db_id: 'db',
    knowledge_id: 'k',
  })
})

test('text content is uploaded as a urlencoded form', async () => {
  const { knowledge, requests } = await openKnowledge()
  await knowledge.uploadContent({ name: 'n', textContent: 'tea', metadata: { m: 1 }, chunkSize: 9 })
  await knowledge.updateContent('c', { description: 'd', readerId: 'r' })
  expect(requests().map(lineOf)).toEqual([
    `POST /knowledge/content?${IDS}`,
    `PATCH /knowledge/content/c?${IDS}`,
  ])
  expect(requests().map(fieldsOf)).toEqual([
    { name: 'n', text_content: 'tea', metadata: '{"m":1}', chunk_size: '9' },
    { description: 'd', reader_id: 'r' },
  ])
})

test('a file is uploaded as a multipart part', async () => {
  const { knowledge, requests } = await openKnowledge()
  const file = { content: Buffer.from('%PDF'), filename: 'a.pdf', mimeType: 'application/pdf' }
  await knowledge.uploadContent({ name: 'n', file })
  const [request] = requests()
  const headers = { 'content-type': String(request?.headers['content-type']) }
  const form = await new Response(new Uint8Array(request?.body ?? []), { headers }).formData()
  const part = form.get('file') as File
  expect([part.name, part.type, await part.text()]).toEqual(['a.pdf', 'application/pdf', '%PDF'])
  expect(form.get('name')).toBe('n')
})

test('uploading and updating content sends the headers of the call', async () => {
  const { knowledge, requests } = await openKnowledge()
  const headers = { traceparent: 't' }
  await knowledge.uploadContent({ textContent: 'tea', headers })
  await knowledge.updateContent('c', { name: 'n', headers })
  expect(requests().map((request) => request.headers['traceparent'])).toEqual(['t', 't'])
})
