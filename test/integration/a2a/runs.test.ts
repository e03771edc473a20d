import { describe, expect, test } from 'vitest'
import { gatewayToA2a, startA2a, task } from '../../support/a2a.ts'
import { run, send } from '../../support/client.ts'

const PATH = '/agents/facts/runs'

async function open(document: object = {}) {
  const server = await startA2a()
  return { server, gateway: await gatewayToA2a(server.url, document) }
}

describe('runs of an A2A agent', () => {
  test('a run is sent as a message and answered as output', async () => {
    const { server, gateway } = await open()
    const answering = run(gateway.url + PATH, 'message=hi&stream=false&session_id=s&user_id=u')
    const call = await server.next()
    expect(call.request).toMatchObject({ method: 'POST', url: '/' })
    expect(await call.rpc()).toMatchObject({
      method: 'message/send',
      params: { message: { contextId: 's', metadata: { userId: 'u' }, parts: [{ text: 'hi' }] } },
    })
    call.result(task('completed', 'hello'))
    const answer = await answering
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json' })
    expect(await answer.json()).toMatchObject({
      run_id: 't-1',
      session_id: 'c-1',
      agent_id: 'facts',
      agent_name: 'Facts',
      user_id: 'u',
      content: 'hello',
      status: 'COMPLETED',
    })
    expect(await gateway.log.access(PATH)).toMatchObject({
      runId: 't-1',
      component: 'agents/facts',
    })
  })

  test('a JSON run is sent as an A2A message', async () => {
    const { server, gateway } = await open()
    const body = JSON.stringify({ message: 'hi', stream: false, metadata: { a: 1 } })
    const headers = { 'content-type': 'application/json' }
    const answering = send(gateway.url + PATH, { method: 'POST', headers, body })
    const call = await server.next()
    expect(await call.rpc()).toMatchObject({ params: { message: { metadata: { a: 1 } } } })
    call.result(task('completed', 'ok'))
    expect(await (await answering).json()).toMatchObject({ content: 'ok' })
  })

  test("an A2A request carries the caller's token and trace, uncompressed", async () => {
    const { server, gateway } = await open()
    const headers = { authorization: 'Bearer t', traceparent: '00-1', 'accept-encoding': 'gzip' }
    const answering = run(gateway.url + PATH, 'message=hi&stream=false', headers)
    const call = await server.next()
    expect(call.request.headers).toMatchObject({
      authorization: 'Bearer t',
      traceparent: '00-1',
      accept: 'application/json',
      'content-type': 'application/json',
      'x-request-id': expect.any(String),
    })
    expect(call.request.headers).not.toHaveProperty('accept-encoding')
    call.result(task('completed'))
    await answering
  })

  test("an A2A request carries the upstream's own credentials when configured", async () => {
    const server = await startA2a()
    const upstream = { name: 'facts', url: server.url, protocol: 'a2a' }
    const gateway = await gatewayToA2a(server.url, {
      upstreams: [{ ...upstream, credentials: { bearer: 'own' } }],
    })
    const answering = run(gateway.url + PATH, 'message=hi', { authorization: 'Bearer t' })
    const call = await server.next()
    expect(call.request).toMatchObject({
      url: '/v1/message:stream',
      headers: { authorization: 'Bearer own' },
    })
    call.fail(-32603, 'broken')
    expect((await answering).status).toBe(500)
  })

  test('a background A2A run can be started, polled and cancelled', async () => {
    const { server, gateway } = await open()
    const accepting = run(gateway.url + PATH, 'message=hi&stream=false&background=true')
    const call = await server.next()
    expect(await call.rpc()).toMatchObject({ params: { configuration: { blocking: false } } })
    call.result(task('submitted'))
    const accepted = await accepting
    expect(accepted.status).toBe(202)
    expect(await accepted.json()).toEqual({
      run_id: 't-1',
      session_id: 'c-1',
      status: 'PENDING',
    })
    const polling = send(`${gateway.url}${PATH}/t-1?session_id=c-1`)
    const poll = await server.next()
    expect(await poll.rpc()).toMatchObject({ method: 'tasks/get', params: { id: 't-1' } })
    poll.result(task('working', 'half'))
    expect(await (await polling).json()).toMatchObject({ status: 'RUNNING', content: 'half' })
    const cancelling = send(`${gateway.url}${PATH}/t-1/cancel`, { method: 'POST' })
    const cancel = await server.next()
    expect(await cancel.rpc()).toMatchObject({ method: 'tasks/cancel', params: { id: 't-1' } })
    cancel.result(task('canceled'))
    expect(await (await cancelling).json()).toEqual({})
  })

  test('an A2A run larger than json_body_limit answers 413', async () => {
    const { server, gateway } = await open({ json_body_limit: '1KiB' })
    const answer = await run(gateway.url + PATH, `message=${'x'.repeat(2_000)}`)
    expect(answer.status).toBe(413)
    expect(server.waiting).toBe(0)
  })
})
