import { expect, expectTypeOf, test } from 'vitest'
import type { RunOutput } from '../../../src/client/index.ts'
import { RemoteAgent } from '../../../src/client/index.ts'
import { answerJson, startFakeUpstream } from '../../support/fake-upstream.ts'
import { closing, failureOf, fieldsOf, openAgent } from './support.ts'

test('a run posts its form and returns the output unchanged', async () => {
  const output = { run_id: 'r', content: 'hi', status: 'COMPLETED', new_in_agno_9: [1] }
  const { agent, upstream } = await openAgent((_, response) => answerJson(response, output))
  const answer = await agent.run('hello', { sessionId: 's', authToken: 'jwt' })
  expectTypeOf(answer).toEqualTypeOf<RunOutput>()
  expect(answer).toEqual(output)
  const [request] = upstream.requests
  expect(request).toMatchObject({
    method: 'POST',
    url: '/agents/my%20agent/runs',
    headers: {
      authorization: 'Bearer jwt',
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    },
  })
  expect(fieldsOf(request)).toEqual({ message: 'hello', stream: 'false', session_id: 's' })
})

test('a run without a token sends no authorization header', async () => {
  const { agent, upstream } = await openAgent((_, response) => answerJson(response, {}), {
    configToken: 'config',
  })
  await agent.run('hello')
  expect(upstream.requests[0]?.headers).not.toHaveProperty('authorization')
})

test('a background run returns at once and can be fetched later', async () => {
  const { agent, upstream } = await openAgent((_, response) =>
    answerJson(response, { run_id: 'r', session_id: 's', status: 'PENDING' }, 202),
  )
  expect((await agent.run('x', { background: true })).status).toBe('PENDING')
  await agent.getRun('r/1', { sessionId: 's' })
  expect(upstream.requests[1]).toMatchObject({
    method: 'GET',
    url: '/agents/my%20agent/runs/r%2F1?session_id=s',
  })
})

test('an error answer throws an AgentOSError with status and detail', async () => {
  const { agent } = await openAgent((_, response) =>
    answerJson(response, { detail: 'Agent not found' }, 404),
  )
  expect(await failureOf(agent.run('x'))).toMatchObject({
    name: 'AgentOSError',
    status: 404,
    detail: 'Agent not found',
    message: 'AgentOS answered 404: Agent not found',
  })
})

test.each([
  ['a list', '{"detail":[{"type":"missing"}]}', [{ type: 'missing' }]],
  ['an object', '{"detail":{"a":1}}', '{"a":1}'],
  ['no JSON', '<h1>Bad Gateway</h1>', '<h1>Bad Gateway</h1>'],
  ['JSON without detail', '[1]', '[1]'],
])('the detail of an error answer may be %s', async (_name, body, detail) => {
  const { agent } = await openAgent((_, response) => void response.writeHead(422).end(body))
  expect((await failureOf(agent.run('x')))['detail']).toEqual(detail)
})

test('a refused run throws an AgentOSError with the retry-after header', async () => {
  const { agent } = await openAgent((_, response) => {
    response.writeHead(429, { 'retry-after': '7' }).end('{"detail":"Too many requests"}')
  })
  const expected = { status: 429, retryAfter: '7' }
  expect(await failureOf(agent.run('x'))).toMatchObject(expected)
  expect(await failureOf(agent.run('x', { stream: true }).next())).toMatchObject(expected)
})

test('an answer that is not JSON throws an AgentOSError', async () => {
  const { agent } = await openAgent((_, response) => void response.writeHead(200).end('ok'))
  expect(await failureOf(agent.run('x'))).toMatchObject({ status: 200, detail: 'ok' })
})

test('an unreachable upstream throws a GatewayError', async () => {
  const upstream = await startFakeUpstream(() => undefined)
  await upstream.close()
  const agent = closing(new RemoteAgent({ baseUrl: upstream.url, agentId: 'a' }))
  expect(await failureOf(agent.run('x'))).toMatchObject({
    name: 'GatewayError',
    code: 'AGW_UPSTREAM_UNREACHABLE',
  })
})

test('an upstream silent beyond the timeout throws a GatewayError', async () => {
  const { agent } = await openAgent(() => undefined, { timeout: 0.05 })
  expect(await failureOf(agent.run('x'))).toMatchObject({ code: 'AGW_UPSTREAM_TIMEOUT' })
})

test('aborting the signal ends the run and closes its connection', async () => {
  const client = new AbortController()
  const closed = Promise.withResolvers<void>()
  const { agent } = await openAgent((_, response) => {
    response.on('close', () => closed.resolve())
    client.abort(new Error('enough'))
  })
  const failure = await failureOf(agent.run('x', { signal: client.signal }))
  expect(failure).toMatchObject({ code: 'AGW_CLIENT_CLOSED', cause: { message: 'enough' } })
  await closed.promise
})

test('cancelRun returns true when the upstream accepts', async () => {
  const { agent, upstream } = await openAgent((_, response) => answerJson(response, {}))
  expect(await agent.cancelRun('r', { authToken: 'jwt', sessionId: 's' })).toBe(true)
  expect(upstream.requests[0]).toMatchObject({
    method: 'POST',
    url: '/agents/my%20agent/runs/r/cancel?session_id=s',
    headers: { authorization: 'Bearer jwt' },
  })
})

test('cancelRun returns false when the upstream refuses or is down', async () => {
  const { agent, upstream } = await openAgent((_, response) => answerJson(response, {}, 403))
  expect(await agent.cancelRun('r')).toBe(false)
  await upstream.close()
  expect(await agent.cancelRun('r')).toBe(false)
})

test('the path of the base URL is kept in requests', async () => {
  const upstream = await startFakeUpstream((_, response) => answerJson(response, {}))
  const agent = closing(new RemoteAgent({ baseUrl: `${upstream.url}/os/`, agentId: 'a' }))
  await agent.run('x')
  expect(upstream.requests[0]?.url).toBe('/os/agents/a/runs')
})
