import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { begin, send } from '../../support/client.ts'
import { chat, facesOf, HI, postJson, runEvent } from '../../support/faces.ts'
import { configOf, startGateway } from '../../support/gateway.ts'

const STREAM = { stream: true }

async function tenOthers(url: string): Promise<false> {
  for (let count = 0; count < 10; count++) await (await send(`${url}/v1/models`)).whole()
  return false
}

test('an open completion continues after a reload disables its face', async () => {
  const upstream = await startAgentOs()
  const document = { upstreams: [{ name: 'a', url: upstream.url }], faces: { openai: true } }
  let now: object = document
  const load = () => configOf(now)
  const gateway = await startGateway(document, { ready: ['a'], load })
  const answer = chat(gateway, STREAM)
  const response = (await upstream.next()).events()
  response.write(runEvent('RunStarted'))
  await answer
  now = { ...document, faces: {} }
  await gateway.app.reload()
  expect((await chat(gateway)).status).toBe(404)
  response.end(HI)
  expect((await (await answer).whole()).endsWith('data: [DONE]\n\n')).toBe(true)
})

test("draining ends an open completion with an error in OpenAI's form", async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = chat(gateway, STREAM)
  ;(await upstream.next()).events().write(runEvent('RunStarted'))
  await (await answer).event()
  await gateway.app.drain(0)
  const text = await (await answer).whole()
  expect(text).toContain('"error":{"message":"The gateway is shutting down"')
  expect(text).not.toContain('[DONE]')
})

test('a caller that stops reading pauses the upstream', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const headers = { 'content-type': 'application/json' }
  const request = begin(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers })
  request.on('response', (message) => message.pause())
  const messages = [{ role: 'user', content: 'x' }]
  request.end(JSON.stringify({ model: 'echo', stream: true, messages }))
  const response = (await upstream.next()).events()
  const event = runEvent('RunContent', { content: 'x'.repeat(50_000) })
  let written = 0
  // Writes until nothing is accepted during ten other requests.
  while (written < 2_000) {
    written++
    if (response.write(event)) continue
    const isDrained = await Promise.race([
      new Promise((resolve) => response.once('drain', () => resolve(true))),
      tenOthers(gateway.url),
    ])
    if (isDrained === false) break
  }
  expect(written).toBeLessThan(2_000)
})

test('a run with ten megabytes of text arrives completely', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = chat(gateway)
  const text = 'ä'.repeat(5_000_000)
  const completed = runEvent('RunCompleted', { content: text })
  ;(await upstream.next()).events().end(runEvent('RunStarted') + completed)
  const body = (await (await answer).json()) as { choices: { message: { content: string } }[] }
  expect(body.choices[0]?.message.content === text).toBe(true)
})

test.each([
  ['no JSON', '{', 400],
  ['no object', '[]', 400],
  ['no model', '{"messages":[]}', 400],
  ['nothing said', '{"model":"echo","messages":[{"role":"user","content":""}]}', 400],
])("a body with %s is refused in OpenAI's form", async (_what, body, status) => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = await send(`${gateway.url}/v1/chat/completions`, { method: 'POST', body })
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } })
})

test('a body over the limit is refused with 413', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url, { json_body_limit: '1KiB' })
  const answer = await chat(gateway, { user: 'x'.repeat(2_000) })
  expect(answer.status).toBe(413)
})

test("an unsupported OpenAI path is 404 in OpenAI's form", async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  const answer = await postJson(`${gateway.url}/v1/embeddings`, {})
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ error: { type: 'not_found_error' } })
})

test('models of an unreachable upstream stay in the list', async () => {
  const upstream = await startAgentOs()
  const gateway = await facesOf(upstream.url)
  await send(`${gateway.url}/v1/models`)
  await upstream.close()
  const listed = await send(`${gateway.url}/v1/models`)
  expect(await listed.json()).toMatchObject({ data: [{ id: 'agent/echo' }] })
})
