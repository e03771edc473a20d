/** Tests that runs of the A2A interface of an AgentOS are charged, by answers that a real one has sent. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { postJson } from '../../support/faces.ts'
import { answerJson, beginEvents, wholeBody } from '../../support/fake-upstream.ts'
import { gatewayOf } from '../../support/gateway.ts'

const BUDGET = { name: 'by-component', by: 'component', tokens: 100, window: 'month' }

interface Recorded {
  readonly body: { readonly result: { readonly id: string } }
  readonly events: readonly { readonly result: Readonly<Record<string, unknown>> }[]
}

const RECORDED = JSON.parse(
  readFileSync(new URL('../../fixtures/a2a/agno-3.1.10.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Recorded>>

const recorded = (name: string): Recorded => RECORDED[name] as Recorded

/** Starts a gateway before an AgentOS that stores a run of 40 tokens, or none, for each message. */
async function interfaceOf(id: string, answer: Recorded, isStored = true) {
  const reads: string[] = []
  const serves = { agents: [id], workflows: ['wf-a'] }
  const upstream = await startAgentOs(serves, async (request, response, message) => {
    await wholeBody(request, message)
    if (request.method === 'GET') {
      reads.push(request.url)
      const run = {
        run_id: /runs\/([^?]+)/.exec(request.url)?.[1],
        status: 'COMPLETED',
        metrics: { input_tokens: 40 },
      }
      return answerJson(response, isStored ? run : { detail: 'Not Found' }, isStored ? 200 : 404)
    }
    if (answer.events === undefined) return answerJson(response, answer.body)
    beginEvents(response)
    for (const event of answer.events) response.write(`data: ${JSON.stringify(event)}\n\n`)
    response.end()
  })
  const gateway = await gatewayOf({ a: upstream.url }, { budgets: [BUDGET] })
  const call = async (path: string) => (await postJson(gateway.url + path, {})).whole()
  return { reads, used: () => usedAt(gateway.url), call }
}

async function usedAt(url: string): Promise<string[]> {
  const { data } = (await (await send(`${url}/gateway/budgets`)).json()) as {
    data: { subject: string; used: { tokens: number } }[]
  }
  return data.map(({ subject, used: { tokens } }) => `${subject}: ${tokens}`)
}

const SEND = '/a2a/agents/helper%20x/v1/message:send'

test.each([
  `${SEND}/`,
  SEND.replace(':', '%3A'),
  `/upstreams/a${SEND.replace('agents', '%61gents')}/?x=1`,
])('a message to %s is charged by the stored run', async (path) => {
  const answer = recorded('send agents/assistant-a')
  const { reads, used, call } = await interfaceOf('helper x', answer)
  await call(path)
  await expect.poll(used).toEqual(['agents/helper x: 40'])
  expect(reads).toEqual([`/agents/helper%20x/runs/${answer.body.result.id}?session_id=s1`])
})

test('a stream is charged by its metrics, then by the stored run', async () => {
  const answer = recorded('stream agents/assistant-a')
  const { used, call } = await interfaceOf('assistant-a', answer)
  await call('/a2a/agents/assistant-a/v1/message:stream')
  expect(await used()).toEqual(['agents/assistant-a: 13'])
  await expect.poll(used).toEqual(['agents/assistant-a: 40'])
})

test('a message to a workflow is charged by the run of its first event', async () => {
  const answer = recorded('stream workflows/wf-a')
  const { reads, used, call } = await interfaceOf('helper', answer)
  await call('/a2a/workflows/wf-a/v1/message:stream')
  await expect.poll(used).toEqual(['workflows/wf-a: 40'])
  const id = String(answer.events[0]?.result['taskId'])
  expect(reads).toEqual([`/workflows/wf-a/runs/${id}?session_id=s1`])
})

test('a stream of an agent without a database is charged by its metrics', async () => {
  const answer = recorded('stream agents/assistant-a')
  const { reads, used, call } = await interfaceOf('assistant-a', answer, false)
  await call('/a2a/agents/assistant-a/v1/message:stream')
  await expect.poll(() => reads.length).toBeGreaterThan(0)
  expect(await used()).toEqual(['agents/assistant-a: 13'])
})

test('a message is charged although its caller leaves before the answer', async () => {
  const upstream = await startAgentOs({ agents: ['echo'] })
  const gateway = await gatewayOf({ a: upstream.url }, { budgets: [BUDGET] })
  const abort = new AbortController()
  const url = `${gateway.url}/a2a/agents/echo/v1/message:send`
  const answering = fetch(url, { method: 'POST', body: '{}', signal: abort.signal })
  const exchange = await upstream.next()
  abort.abort()
  await expect(answering).rejects.toThrow()
  await gateway.log.access('/a2a/agents/echo/v1/message:send')
  const { body } = recorded('send agents/assistant-a')
  exchange.json(body)
  const read = await upstream.next()
  expect(read.request.url).toContain('/agents/echo/runs/')
  read.json({ run_id: body.result.id, status: 'COMPLETED', metrics: { input_tokens: 100 } })
  await expect.poll(() => usedAt(gateway.url)).toEqual(['agents/echo: 100'])
  expect((await postJson(url, {})).status).toBe(429)
})
