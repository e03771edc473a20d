import { describe, expect, test } from 'vitest'
import { gatewayToA2a, startA2a } from '../../support/a2a.ts'
import { run, send } from '../../support/client.ts'

const PATH = '/agents/facts/runs'

async function open() {
  const server = await startA2a()
  return { server, gateway: await gatewayToA2a(server.url) }
}

describe('refusals of an A2A server', () => {
  test.each([
    [-32001, 404, 'Run not found'],
    [-32002, 409, 'Task cannot be canceled'],
    [-32602, 400, 'Invalid params'],
    [-32601, 501, 'Method not found'],
    [-32603, 500, 'Internal error'],
    [-1, 500, 'Something else'],
  ])('the JSON-RPC error %i answers the caller with %i', async (code, expected, detail) => {
    const { server, gateway } = await open()
    const answering = run(gateway.url + PATH, 'message=hi&stream=false')
    const call = await server.next()
    call.fail(code, expected === 404 ? 'Task not found' : detail)
    const answer = await answering
    expect(answer.status).toBe(expected)
    expect(await answer.json()).toEqual({ detail })
    expect(answer.headers).not.toHaveProperty('x-agentos-gateway-error')
  })

  test("a refusal in AgentOS's format is passed on unchanged", async () => {
    const { server, gateway } = await open()
    const answering = run(gateway.url + PATH)
    const call = await server.next()
    call.response.writeHead(401, {
      'www-authenticate': 'Bearer',
      'content-type': 'application/json',
    })
    call.response.end('{"detail":"Token has expired","hint":1}')
    const answer = await answering
    expect(answer.status).toBe(401)
    expect(answer.headers).toMatchObject({ 'www-authenticate': 'Bearer' })
    expect(await answer.json()).toEqual({ detail: 'Token has expired', hint: 1 })
  })

  test('a refusal in another format becomes a detail of limited length', async () => {
    const { server, gateway } = await open()
    const answering = run(gateway.url + PATH)
    const call = await server.next()
    call.response.writeHead(503, { 'content-type': 'text/html' }).end(`<h1>${'x'.repeat(900)}</h1>`)
    const answer = await answering
    expect(answer.status).toBe(503)
    const { detail } = (await answer.json()) as { detail: string }
    expect(detail).toHaveLength(500)
  })

  test('an error during a stream becomes a RunError event', async () => {
    const { server, gateway } = await open()
    const answering = run(gateway.url + PATH)
    const call = await server.next()
    call.events().end(`data: {"jsonrpc":"2.0","id":"1","error":{"code":-32603,"message":"no"}}\n\n`)
    const answer = await answering
    expect(await answer.event()).toMatch(/^event: RunError\n.*"content":"no"/)
    expect(await answer.isWhole).toBe(true)
  })
})

describe('refusals of the gateway for an A2A agent', () => {
  test.each([
    ['GET', '/runs'],
    ['GET', '/runs/t/checkpoints'],
    ['POST', '/runs/t/continue'],
    ['POST', '/sessions/s/fork'],
  ])('%s %s answers 501 because A2A has no such operation', async (method, path) => {
    const { server, gateway } = await open()
    const answer = await send(`${gateway.url}/agents/facts${path}`, { method })
    expect(answer.status).toBe(501)
    expect(answer.headers).toMatchObject({ 'x-agentos-gateway-error': 'AGW_A2A_UNSUPPORTED' })
    expect(await answer.json()).toEqual({ detail: expect.stringContaining('A2A') })
    expect(server.waiting).toBe(0)
  })

  test('a run without a message answers 422', async () => {
    const { gateway } = await open()
    const answer = await run(gateway.url + PATH, 'stream=false')
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ detail: [{ loc: ['body', 'message'] }] })
  })

  test('a response that is no A2A message answers 502', async () => {
    const { server, gateway } = await open()
    const answering = run(gateway.url + PATH)
    const call = await server.next()
    call.response.end('hello')
    const answer = await answering
    expect(answer.status).toBe(502)
    expect(await answer.json()).toEqual({
      detail: "Upstream 'facts' sent an answer that is not an A2A message",
    })
  })
})
