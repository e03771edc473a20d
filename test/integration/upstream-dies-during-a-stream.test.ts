import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { run } from '../support/client.ts'
import { eventText } from '../support/fake-upstream.ts'
import { gatewayOf, gatewayWithUpstream } from '../support/gateway.ts'

const EVENT = eventText({ event: 'RunContent', run_id: 'r-1' })

async function streamOf(path: string, headers: Record<string, string> = {}) {
  const upstream = await startAgentOs({ agents: ['echo'], teams: ['duo'], workflows: ['flow'] })
  const gateway = await gatewayOf({ a: upstream.url })
  const answering = run(`${gateway.url}${path}`)
  const { response } = await upstream.next()
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
  response.write(EVENT)
  const answer = await answering
  await answer.event()
  return { gateway, response, answer, upstream }
}

describe('an upstream that dies during a stream', () => {
  test('the connection closes some time after the final event for browsers', async () => {
    const { response, answer } = await streamOf('/agents/echo/runs')
    response.destroy()
    await answer.event()
    const readAt = performance.now()
    expect(await answer.isWhole).toBe(false)
    expect(performance.now() - readAt).toBeGreaterThan(300)
  })

  test.each([
    ['/agents/echo/runs', 'RunError', 'agent_id', 'echo'],
    ['/teams/duo/runs', 'TeamRunError', 'team_id', 'duo'],
    ['/workflows/flow/runs', 'WorkflowError', 'workflow_id', 'flow'],
  ])(
    'the broken stream %s ends with %s and a broken connection',
    async (path, event, idKey, id) => {
      const { gateway, response, answer } = await streamOf(path)
      response.destroy()
      expect(await answer.isWhole).toBe(false)
      const [, name, data] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(
        answer.text.slice(EVENT.length),
      ) as unknown as string[]
      expect(name).toBe(event)
      expect(JSON.parse(data ?? '')).toEqual({
        created_at: expect.any(Number),
        event,
        [idKey]: id,
        run_id: 'r-1',
        content: "Upstream 'a' closed the connection during its answer",
        error: "Upstream 'a' closed the connection during its answer",
        error_type: 'gateway_error',
        error_id: 'AGW_RELAY_INTERRUPTED',
      })
      expect(await gateway.log.access(path)).toMatchObject({
        status: 200,
        error: 'AGW_RELAY_INTERRUPTED',
        runId: 'r-1',
      })
    },
  )

  test('an incomplete event is dropped when the upstream dies', async () => {
    const { response, answer } = await streamOf('/agents/echo/runs')
    response.write(EVENT + EVENT.slice(0, 30))
    expect(await answer.event()).toBe(EVENT)
    response.destroy()
    const text = await answer.whole()
    expect(text).toMatch(/^event: RunContent\n.*\n\nevent: RunContent\n.*\n\nevent: RunError\n/)
    expect(await answer.isWhole).toBe(false)
  })

  test('nothing is inserted into an event too long to hold back', async () => {
    const { response, answer } = await streamOf('/agents/echo/runs')
    const long = `data: ${'x'.repeat(100_000)}`
    response.write(long)
    await answer.until(long)
    response.destroy()
    expect(await answer.isWhole).toBe(false)
    expect(answer.text).toBe(EVENT + long)
  })

  test.each([
    ['compressed', { 'content-encoding': 'gzip' }],
    ['of fixed length', { 'content-length': '10000' }],
  ])('a %s stream breaks without an error event', async (_name, headers) => {
    const { response, answer } = await streamOf('/agents/echo/runs', headers)
    response.destroy()
    expect(await answer.isWhole).toBe(false)
    expect(answer.text).toBe(EVENT)
  })

  test('a stream outside components ends with a plain error event', async () => {
    const { response, answer } = await streamOf('/upstreams/a/anything')
    response.destroy()
    expect(await answer.whole()).toBe(
      `${EVENT}event: error\ndata: {"detail":"Upstream 'a' closed the connection during its answer"}\n\n`,
    )
    expect(await answer.isWhole).toBe(false)
  })

  test('a closed connection without the last chunk counts as broken', async () => {
    const { response, answer } = await streamOf('/agents/echo/runs')
    response.socket?.end()
    expect(await answer.isWhole).toBe(false)
    expect(answer.text).toContain('event: RunError\n')
  })
})

test('a broken JSON response never arrives as complete', async () => {
  const { upstream, gateway } = await gatewayWithUpstream()
  for (const headers of [{}, { 'content-length': '1000' }]) {
    const answering = run(`${gateway.url}/agents/echo/runs`)
    const { response } = await upstream.next()
    response.writeHead(200, { 'content-type': 'application/json', ...headers })
    response.write('{"content": "half')
    const answer = await answering
    await answer.until('half')
    response.destroy()
    expect(await answer.isWhole).toBe(false)
    expect(answer.text).toBe('{"content": "half')
  }
})
