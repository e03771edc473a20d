import { describe, expect, test } from 'vitest'
import { gatewayToA2a, piece, startA2a, status, task } from '../../support/a2a.ts'
import { run, send } from '../../support/client.ts'
import { refusingUrl } from '../../support/raw-upstream.ts'

const PATH = '/agents/facts/runs'

async function streamThrough(document: object = {}) {
  const server = await startA2a()
  const gateway = await gatewayToA2a(server.url, document)
  const answering = run(gateway.url + PATH)
  const call = await server.next()
  const response = call.events()
  return { server, gateway, call, response, answer: await answering }
}

describe('streamed runs of an A2A agent', () => {
  test('each piece of an A2A stream is relayed as it arrives', async () => {
    const { response, answer, call } = await streamThrough()
    expect(await call.rpc()).toMatchObject({ method: 'message/stream' })
    expect(call.request.headers).toMatchObject({ accept: 'text/event-stream' })
    expect(answer.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'x-accel-buffering': 'no',
    })
    response.write(status('working'))
    expect(await answer.event()).toMatch(/^event: RunStarted\n.*"run_id":"t-1","session_id":"c-1"/)
    response.write(piece('one '))
    expect(await answer.event()).toMatch(/^event: RunContent\n.*"content":"one "/)
    response.write(piece('two'))
    expect(await answer.event()).toMatch(/^event: RunContent\n.*"content":"two"/)
    response.end(status('completed'))
    expect(await answer.event()).toMatch(/^event: RunCompleted\n.*"content":"one two"/)
    expect(await answer.isWhole).toBe(true)
  })

  test("an A2A stream ends with its run, before the server's end", async () => {
    const { response, answer, call } = await streamThrough({ heartbeat: '40ms' })
    response.write(status('working') + piece('ok') + status('completed'))
    expect(await answer.whole()).toContain('event: RunCompleted')
    expect(await answer.isWhole).toBe(true)
    expect(await call.request.closed).toBe(false)
  })

  test('a disconnect of the caller closes the A2A request', async () => {
    const { response, answer, call, gateway } = await streamThrough()
    response.write(status('working'))
    await answer.event()
    answer.abort()
    expect(await call.request.closed).toBe(false)
    expect(await gateway.log.access(PATH)).toMatchObject({
      status: 499,
      error: 'AGW_CLIENT_CLOSED',
      runId: 't-1',
    })
  })

  test('a silent A2A stream gets heartbeats', async () => {
    const { answer } = await streamThrough({ heartbeat: '40ms' })
    await answer.until(': heartbeat\n')
  })

  test('a broken A2A stream ends with RunError and a broken connection', async () => {
    const { response, answer, gateway } = await streamThrough()
    response.write(status('working') + piece('half'))
    await answer.until('half')
    response.destroy()
    expect(await answer.whole()).toMatch(
      /event: RunError\ndata: .*"run_id":"t-1".*closed the connection during its answer/,
    )
    expect(await answer.isWhole).toBe(false)
    expect(await gateway.log.access(PATH)).toMatchObject({ error: 'AGW_RELAY_INTERRUPTED' })
  })

  test('an A2A stream that ends without an answer counts as broken', async () => {
    const { response, answer } = await streamThrough()
    response.end(status('working'))
    expect(await answer.whole()).toContain('event: RunError')
    expect(await answer.isWhole).toBe(false)
  })

  test('an A2A stream with an invalid message counts as broken', async () => {
    const { response, answer, call } = await streamThrough()
    response.write('data: hello\n\n')
    expect(await answer.whole()).toContain('sent an event that is not an A2A message')
    expect(await answer.isWhole).toBe(false)
    expect(await call.request.closed).toBe(false)
  })

  test('an A2A stream with an oversized event counts as broken', async () => {
    const { response, answer, call } = await streamThrough()
    response.on('error', () => {})
    response.write(`data: ${'x'.repeat(33 * 1024 * 1024)}`)
    expect(await answer.whole()).toContain('sent an event or answer of more than 33554432 bytes')
    expect(await call.request.closed).toBe(false)
  })

  test('a streamed run stays a stream when the server answers whole', async () => {
    const server = await startA2a()
    const gateway = await gatewayToA2a(server.url)
    const answering = run(gateway.url + PATH)
    const call = await server.next()
    call.result(task('completed', 'whole'))
    const answer = await answering
    expect(answer.headers['content-type']).toBe('text/event-stream')
    expect(await answer.whole()).toMatch(/RunStarted.*RunContent.*"whole".*RunCompleted/s)
  })

  test('an A2A run can be resumed by its id', async () => {
    const server = await startA2a()
    const gateway = await gatewayToA2a(server.url)
    const answering = run(`${gateway.url}${PATH}/t-1/resume`, 'session_id=c-1')
    const call = await server.next()
    expect(await call.rpc()).toMatchObject({ method: 'tasks/resubscribe', params: { id: 't-1' } })
    call.events().end(piece('rest') + status('completed'))
    expect(await (await answering).whole()).toContain('"content":"rest"')
  })
})

test('an unreachable A2A server answers 502', async () => {
  const url = await refusingUrl()
  const server = await startA2a()
  const agents = [{ base_url: url, agent_id: 'gone', protocol: 'a2a' }]
  const gateway = await gatewayToA2a(server.url, { agents })
  const answer = await run(`${gateway.url}/agents/gone/runs`)
  expect(answer.status).toBe(502)
  expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_UPSTREAM_UNREACHABLE')
  expect((await send(`${gateway.url}/agents/facts`)).status).toBe(200)
})
