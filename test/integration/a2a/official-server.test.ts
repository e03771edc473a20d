import type { AgentCard } from '@a2a-js/sdk'
import type { AgentExecutor, ExecutionEventBus, RequestContext } from '@a2a-js/sdk/server'
import {
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
} from '@a2a-js/sdk/server'
import { expect, test } from 'vitest'
import { gatewayToA2a } from '../../support/a2a.ts'
import { run, send } from '../../support/client.ts'
import { answerJson, beginEvents, startFakeUpstream } from '../../support/fake-upstream.ts'

const PATH = '/agents/facts/runs'
const CARD: AgentCard = {
  name: 'Counter',
  description: 'Counts',
  url: 'http://localhost',
  version: '1',
  protocolVersion: '0.3.0',
  capabilities: { streaming: true },
  defaultInputModes: ['text'],
  defaultOutputModes: ['text'],
  skills: [],
}

/** Counts to three, each number as one piece of an artifact; waits for `go` before it ends. */
class Counter implements AgentExecutor {
  readonly go = Promise.withResolvers<void>()

  async execute({ taskId, contextId }: RequestContext, bus: ExecutionEventBus): Promise<void> {
    const ids = { taskId, contextId }
    bus.publish({ kind: 'task', id: taskId, contextId, status: { state: 'submitted' } })
    for (const number of ['1 ', '2 ', '3']) {
      const artifact = { artifactId: 'count', parts: [{ kind: 'text' as const, text: number }] }
      bus.publish({ kind: 'artifact-update', ...ids, artifact, append: number !== '1 ' })
    }
    await this.go.promise
    bus.publish({ kind: 'status-update', ...ids, status: { state: 'completed' }, final: true })
    bus.finished()
  }

  async cancelTask(taskId: string, bus: ExecutionEventBus): Promise<void> {
    const status = { state: 'canceled' as const }
    bus.publish({ kind: 'status-update', taskId, contextId: 'c', status, final: true })
    this.go.resolve()
  }
}

/** Starts a gateway before a server made with the official A2A SDK. */
async function open() {
  const counter = new Counter()
  const handler = new DefaultRequestHandler(CARD, new InMemoryTaskStore(), counter)
  const rpc = new JsonRpcTransportHandler(handler)
  const server = await startFakeUpstream(async (request, response) => {
    if (request.method === 'GET') {
      answerJson(response, CARD)
      return
    }
    const answer = await rpc.handle(JSON.parse(request.body.toString()))
    if (!(Symbol.asyncIterator in answer)) {
      answerJson(response, answer)
      return
    }
    beginEvents(response)
    for await (const event of answer) response.write(`data: ${JSON.stringify(event)}\n\n`)
    response.end()
  })
  const { url } = await gatewayToA2a(server.url)
  return { counter, url }
}

test("an agent on the official SDK's server runs as a whole", async () => {
  const { counter, url } = await open()
  counter.go.resolve()
  const answer = await run(url + PATH, 'message=count&stream=false&session_id=s')
  expect(await answer.json()).toMatchObject({
    agent_name: 'Counter',
    session_id: 's',
    content: '1 2 3',
    status: 'COMPLETED',
  })
})

test("an agent on the official SDK's server streams its run", async () => {
  const { counter, url } = await open()
  const answer = await run(url + PATH, 'message=count&session_id=s')
  for (const content of ['1 ', '2 ', '3']) await answer.until(`"content":"${content}"`)
  counter.go.resolve()
  expect(await answer.whole()).toMatch(/event: RunCompleted\n.*"content":"1 2 3"/)
  const [, runId] = /"run_id":"([^"]+)"/.exec(answer.text) ?? []
  const found = await send(`${url}${PATH}/${runId}`)
  expect(await found.json()).toMatchObject({ run_id: runId, content: '1 2 3' })
})

test("a task of the official SDK's server is resumed and cancelled", async () => {
  const { url } = await open()
  const answer = await run(url + PATH, 'message=count')
  await answer.until('"content":"3"')
  const [, runId] = /"run_id":"([^"]+)"/.exec(answer.text) ?? []
  const following = await run(`${url}${PATH}/${runId}/resume`, '')
  await following.until('event: RunStarted')
  expect((await send(`${url}${PATH}/${runId}/cancel`, { method: 'POST' })).status).toBe(200)
  expect(await answer.whole()).toContain('event: RunCancelled')
  expect(await following.whole()).toContain('event: RunCancelled')
  const unknown = await send(`${url}${PATH}/nope`)
  expect(unknown.status).toBe(404)
})
