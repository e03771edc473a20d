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

describe('a streamed run of an A2A agent', () => {
  test('is told piece by piece, as it comes', async () => {
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

  test('ends when the run does, even if the server leaves the stream open', async () => {
    const { response, answer, call } = await streamThrough({ heartbeat: '40ms' })
    response.write(status('working') + piece('ok') + status('completed'))
    expect(await answer.whole()).toContain('event: RunCompleted')
    expect(await answer.isWhole).toBe(true)
    expect(await call.request.closed).toBe(false)
  })

  test('is closed at the server when the caller goes', async () => {
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

  test('is kept alive while the server is silent', async () => {
    const { answer } = await streamThrough({ heartbeat: '40ms' })
    expect(await answer.event()).toBe(': heartbeat\n\n')
  })

  test('that breaks ends with an error event and a broken connection', async () => {
    const { response, answer, gateway } = await streamThrough()
    response.write(status('working') + piece('half'))
    await answer.until('half')
    response.destroy()
    expect(await answer.whole()).toMatch(/event: RunError\ndata: .*"run_id":"t-1".*broke off/)
    expect(await answer.isWhole).toBe(false)
    expect(await gateway.log.access(PATH)).toMatchObject({ error: 'AGW_RELAY_INTERRUPTED' })
  })

  test('that ends without an answer counts as broken', async () => {
    const { response, answer } = await streamThrough()
    response.end(status('working'))
    expect(await answer.whole()).toContain('event: RunError')
    expect(await answer.isWhole).toBe(false)
  })

  test('that is no A2A message counts as broken', async () => {
    const { response, answer, call } = await streamThrough()
    response.write('data: hello\n\n')
    expect(await answer.whole()).toContain('sent an event that is no A2A message')
    expect(await answer.isWhole).toBe(false)
    expect(await call.request.closed).toBe(false)
  })

  test('with an event beyond all bounds counts as broken', async () => {
    const { response, answer, call } = await streamThrough()
    response.on('error', () => {})
    response.write(`data: ${'x'.repeat(33 * 1024 * 1024)}`)
    expect(await answer.whole()).toContain('sent more than 33554432 bytes at once')
    expect(await call.request.closed).toBe(false)
  })

  test('comes as a stream, too, where the server answers in one piece', async () => {
    const server = await startA2a()
    const gateway = await gatewayToA2a(server.url)
    const answering = run(gateway.url + PATH)
    const call = await server.next()
    call.result(task('completed', 'whole'))
    const answer = await answering
    expect(answer.headers['content-type']).toBe('text/event-stream')
    expect(await answer.whole()).toMatch(/RunStarted.*RunContent.*"whole".*RunCompleted/s)
  })

  test('is followed again by its id', async () => {
    const server = await startA2a()
    const gateway = await gatewayToA2a(server.url)
    const answering = run(`${gateway.url}${PATH}/t-1/resume`, 'session_id=c-1')
    const call = await server.next()
    expect(await call.rpc()).toMatchObject({ method: 'tasks/resubscribe', params: { id: 't-1' } })
    call.events().end(piece('rest') + status('completed'))
    expect(await (await answering).whole()).toContain('"content":"rest"')
  })
})

test('a server that cannot be reached is a 502 as everywhere', async () => {
  const url = await refusingUrl()
  const server = await startA2a()
  const agents = [{ base_url: url, agent_id: 'gone', protocol: 'a2a' }]
  const gateway = await gatewayToA2a(server.url, { agents })
  const answer = await run(`${gateway.url}/agents/gone/runs`)
  expect(answer.status).toBe(502)
  expect(answer.headers['x-agentos-gateway-error']).toBe('AGW_UPSTREAM_UNREACHABLE')
  expect((await send(`${gateway.url}/agents/facts`)).status).toBe(200)
})
