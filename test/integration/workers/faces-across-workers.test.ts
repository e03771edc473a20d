/** Tests that each step of a conversation by a face may reach another worker: connections are distributed in turn. */
import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { send } from '../../support/client.ts'
import { rpc as a2a, HI, postJson, runEvent, saying } from '../../support/faces.ts'
import { callTool, LEGACY, resultOf, rpc } from '../../support/mcp.ts'
import { startProcess } from '../../support/process.ts'

const WORKERS = 4
const REQUIREMENT = {
  id: 'q',
  tool_execution: { tool_call_id: 'c', tool_name: 'pay', requires_confirmation: true },
}
const PAUSED = runEvent('RunStarted') + runEvent('RunPaused', { requirements: [REQUIREMENT] })
const STORED = { run_id: 'r-1', session_id: 's-1', status: 'PAUSED', requirements: [REQUIREMENT] }
const MISSING = { detail: 'Session not found' }
const ACCEPTED = { action: 'accept', content: { accepted: true } }
const ECHO = { agent_id: 'echo', message: 'hello' }

type Upstream = Awaited<ReturnType<typeof startAgentOs>>

async function fourWorkers() {
  const upstream = await startAgentOs()
  const upstreams = [{ name: 'a', url: upstream.url }]
  const faces = { openai: true, mcp: true, a2a: true, agui: true }
  const gateway = await startProcess({ workers: WORKERS, upstreams, faces })
  return { upstream, gateway }
}

/** Answers the request for the paused run, and the continuation of it. */
async function continues(upstream: Upstream): Promise<void> {
  ;(await upstream.next()).json(STORED)
  const continued = await upstream.next()
  expect(continued.request.url).toBe('/agents/echo/runs/r-1/continue')
  continued.events().end(HI)
}

describe('four workers', { timeout: 120_000 }, () => {
  test('Every worker accepts the form of another worker', async () => {
    const { upstream, gateway } = await fourWorkers()
    const forms = { capabilities: { elicitation: { form: {} } } }
    const first = callTool(gateway, 'run_agent', ECHO, forms)
    ;(await upstream.next()).events().end(PAUSED)
    const { requestState } = await resultOf(first)
    for (let worker = 0; worker < WORKERS; worker++) {
      const more = { requestState, inputResponses: { c: ACCEPTED } }
      const answer = callTool(gateway, 'run_agent', ECHO, { ...forms, more })
      await continues(upstream)
      expect(await resultOf(answer)).toMatchObject({ structuredContent: { status: 'COMPLETED' } })
    }
  })

  test('Answers, cancellations and ended sessions reach the worker of a call', async () => {
    const { upstream, gateway } = await fourWorkers()
    const clientInfo = { name: 't', version: '1' }
    const hello = { protocolVersion: LEGACY, capabilities: { elicitation: {} }, clientInfo }
    const { headers } = await rpc(gateway, 'initialize', hello, { revision: LEGACY })
    const session = { 'mcp-session-id': String(headers['mcp-session-id']) }
    const options = { revision: LEGACY, headers: session, progressToken: 'p' }
    const notice = { accept: 'application/json, text/event-stream', ...session }
    const begin = async (id: number) => {
      const calling = callTool(gateway, 'run_agent', ECHO, { ...options, id })
      const stream = (await upstream.next()).events()
      stream.write(runEvent('RunStarted'))
      const answer = await calling
      await answer.until('"progress":0')
      return { answer, stream }
    }

    const asked = await begin(1)
    asked.stream.end(runEvent('RunPaused', { requirements: [REQUIREMENT] }))
    const question = await asked.answer.until('elicitation/create')
    const [, id = ''] = /"id":"([\da-f-]{36})"/.exec(question) ?? []
    const reply = { jsonrpc: '2.0', id, result: ACCEPTED }
    expect((await postJson(`${gateway.url}/mcp`, reply, notice)).status).toBe(202)
    await continues(upstream)
    expect(await resultOf(asked.answer)).toMatchObject({
      structuredContent: { status: 'COMPLETED' },
    })

    const cancelled = await begin(2)
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } }
    expect((await postJson(`${gateway.url}/mcp`, cancel, notice)).status).toBe(202)
    expect((await upstream.next()).request.url).toMatch(/r-1\/cancel/)
    expect(await cancelled.answer.isWhole).toBe(true)

    const ended = await begin(3)
    const end = { method: 'DELETE', headers: session }
    expect((await send(`${gateway.url}/mcp`, end)).status).toBe(204)
    expect((await upstream.next()).request.url).toMatch(/r-1\/cancel/)
    expect(await ended.answer.isWhole).toBe(true)
    for (let worker = 0; worker < WORKERS; worker++) {
      const options = { revision: LEGACY, headers: session }
      // A worker that does not learn it within 100 ms serves the request.
      const list = async () => (await rpc(gateway, 'tools/list', {}, options)).status
      await expect.poll(list).toBe(404)
    }
  })

  test('Every worker reads, resumes and cancels a background response', async () => {
    const { upstream, gateway } = await fourWorkers()
    const asked = { model: 'agent/echo', input: 'hello', background: true, conversation: 's-1' }
    const created = postJson(`${gateway.url}/v1/responses`, asked)
    ;(await upstream.next()).json(MISSING, 404)
    ;(await upstream.next()).json({ run_id: 'r-1', session_id: 's-1', status: 'PENDING' }, 202)
    const { id } = (await (await created).json()) as { id: string }
    for (let worker = 0; worker < WORKERS; worker++) {
      const resumed = send(`${gateway.url}/v1/responses/${id}?stream=true&starting_after=1`)
      const exchange = await upstream.next()
      expect(exchange.request.url).toBe('/agents/echo/runs/r-1/resume')
      exchange.events().end(HI)
      const text = await (await resumed).whole()
      expect(text).toMatch(/"sequence_number":2[,}]/)
      expect(text).toContain('response.completed')
    }
    const cancelled = postJson(`${gateway.url}/v1/responses/${id}/cancel`, {})
    ;(await upstream.next()).json({ run_id: 'r-1', session_id: 's-1', status: 'RUNNING' })
    const cancel = await upstream.next()
    expect(cancel.request.url).toMatch(/\/cancel\?session_id=s-1$/)
    cancel.json({})
    expect(await (await cancelled).json()).toMatchObject({ id, status: 'cancelled' })
  })

  test('Every worker reads a task of another worker', async () => {
    const { upstream, gateway } = await fourWorkers()
    const sent = a2a(gateway, 'SendMessage', saying('hello', { contextId: 's-1' }))
    const exchange = await upstream.next()
    exchange.events().end(HI)
    const { result } = (await (await sent).json()) as { result: { task: { id: string } } }
    const run = { run_id: 'r-1', session_id: 's-1', status: 'RUNNING' }
    for (let worker = 0; worker < WORKERS; worker++) {
      const read = a2a(gateway, 'GetTask', { id: result.task.id })
      ;(await upstream.next()).json(run)
      expect(await (await read).json()).toMatchObject({ result: { contextId: 's-1' } })
    }
    const cancelled = a2a(gateway, 'CancelTask', { id: result.task.id })
    ;(await upstream.next()).json(run)
    const cancel = await upstream.next()
    expect(cancel.request.url).toMatch(/\/cancel\?session_id=s-1$/)
    cancel.json({})
    expect((await cancelled).status).toBe(200)
  })

  test('Every worker continues a paused thread of AG-UI', async () => {
    const { upstream, gateway } = await fourWorkers()
    const url = `${gateway.url}/agui/agents/echo`
    for (let worker = 0; worker < WORKERS; worker++) {
      const resume = [{ interruptId: 'c', status: 'resolved', payload: { accepted: true } }]
      const answer = postJson(url, { threadId: 's-1', runId: 'r', messages: [], resume })
      ;(await upstream.next()).json([STORED])
      await continues(upstream)
      expect(await (await answer).whole()).toContain('RUN_FINISHED')
    }
  })
})
