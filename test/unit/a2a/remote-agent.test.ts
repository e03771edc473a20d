import { expect, test } from 'vitest'
import { RemoteAgent, RemoteTeam, RemoteWorkflow } from '../../../src/client/index.ts'
import { CARD, piece, startA2a, status, task } from '../../support/a2a.ts'
import { all, closing, failureOf } from '../client/support.ts'

async function open(a2aProtocol?: 'rest' | 'json-rpc') {
  const server = await startA2a()
  const options = { baseUrl: server.url, agentId: 'facts', protocol: 'a2a' } as const
  const agent = closing(new RemoteAgent(a2aProtocol ? { ...options, a2aProtocol } : options))
  return { server, agent }
}

test('RemoteAgent runs an agent over A2A like one of an AgentOS', async () => {
  const { server, agent } = await open()
  const running = agent.run('hi', { sessionId: 's', userId: 'u', authToken: 'jwt' })
  const call = await server.next()
  expect(call.request).toMatchObject({
    url: '/v1/message:send',
    headers: { authorization: 'Bearer jwt' },
  })
  expect(await call.rpc()).toMatchObject({
    params: { message: { contextId: 's', metadata: { userId: 'u' } } },
  })
  call.result(task('completed', 'hello'))
  expect(await running).toMatchObject({ run_id: 't-1', agent_id: 'facts', content: 'hello' })
})

test('RemoteAgent streams A2A events as AgentOS run events', async () => {
  const { server, agent } = await open('json-rpc')
  const running = all(agent.run('hi', { stream: true }))
  const call = await server.next()
  expect(call.request.url).toBe('/')
  call.events().end(status('working') + piece('a') + piece('b') + status('completed'))
  expect((await running).map(({ event, content }) => [event, content])).toEqual([
    ['RunStarted', undefined],
    ['RunContent', 'a'],
    ['RunContent', 'b'],
    ['RunCompleted', 'ab'],
  ])
})

test('RemoteAgent sends the bytes of files over A2A', async () => {
  const { server, agent } = await open('json-rpc')
  const files = [{ content: Buffer.from('abc'), filename: 'a.txt', mimeType: 'text/plain' }]
  const running = agent.run('look', { files })
  const call = await server.next()
  expect(await call.rpc()).toMatchObject({
    params: {
      message: {
        parts: [{}, { file: { bytes: 'YWJj', mimeType: 'text/plain', name: 'a.txt' } }],
      },
    },
  })
  call.result(task('completed'))
  await running
})

test('RemoteAgent takes name and description from the agent card', async () => {
  const { agent } = await open()
  expect(agent.name).toBe('facts')
  expect(await agent.loadConfig()).toMatchObject({ id: 'facts', name: CARD.name })
  expect(agent).toMatchObject({ name: CARD.name, description: CARD.description, db: undefined })
  expect(await agent.getAgentConfig()).toMatchObject({ id: 'facts', skills: [] })
  expect(await agent.refreshConfig()).toMatchObject({ name: CARD.name })
})

test('RemoteAgent fetches and cancels runs over A2A', async () => {
  const { server, agent } = await open()
  const getting = agent.getRun('t-1', { sessionId: 'c-1' })
  const get = await server.next()
  expect(get.request.url).toBe('/v1/tasks:get')
  expect(await get.rpc()).toMatchObject({ params: { id: 't-1', contextId: 'c-1' } })
  get.result(task('completed', 'ok'))
  expect(await getting).toMatchObject({ status: 'COMPLETED', content: 'ok' })
  const cancelling = agent.cancelRun('t-1')
  const cancel = await server.next()
  cancel.fail(-32002, 'Task cannot be canceled')
  expect(await cancelling).toBe(false)
})

test('continuing and resuming over A2A fail with AGW_A2A_UNSUPPORTED', async () => {
  const { server, agent } = await open()
  expect(await failureOf(agent.continueRun('t-1', []))).toMatchObject({
    code: 'AGW_A2A_UNSUPPORTED',
  })
  expect(await failureOf(all(agent.resumeRun('t-1')))).toMatchObject({
    code: 'AGW_A2A_UNSUPPORTED',
  })
  expect(server.waiting).toBe(0)
})

test('an A2A refusal becomes an AgentOSError', async () => {
  const { server, agent } = await open()
  const running = failureOf(agent.run('hi'))
  const call = await server.next()
  call.fail(-32602, 'Invalid params')
  expect(await running).toMatchObject({
    name: 'AgentOSError',
    status: 400,
    detail: 'Invalid params',
  })
})

test('aborting a run closes its A2A request, sent or not', async () => {
  const { server, agent } = await open()
  const aborting = new AbortController()
  const running = failureOf(agent.run('hi', { signal: aborting.signal }))
  const call = await server.next()
  aborting.abort()
  expect(await running).toMatchObject({ code: 'AGW_CLIENT_CLOSED' })
  expect(await call.request.closed).toBe(false)
  const early = new AbortController()
  const failing = failureOf(all(agent.run('hi', { stream: true, signal: early.signal })))
  await Promise.resolve()
  early.abort()
  await failing
  expect(server.waiting).toBe(0)
})

test('remote teams and workflows carry their own id fields over A2A', async () => {
  const { server } = await open()
  const at = { baseUrl: server.url, protocol: 'a2a' } as const
  const team = closing(new RemoteTeam({ ...at, teamId: 'crew' }))
  const workflow = closing(new RemoteWorkflow({ ...at, workflowId: 'flow' }))
  const asking = [team.run('hi'), workflow.run('hi')]
  for (const _ of asking) (await server.next()).result(task('completed', 'ok'))
  expect(await Promise.all(asking)).toMatchObject([{ team_id: 'crew' }, { workflow_id: 'flow' }])
})
