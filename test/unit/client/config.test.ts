import { expect, test } from 'vitest'
import { RemoteAgent, RemoteTeam, RemoteWorkflow } from '../../../src/client/index.ts'
import { answerJson, startFakeUpstream } from '../../support/fake-upstream.ts'
import { closing, failureOf, openAgent } from './support.ts'

const TOOLS = [{ name: 'add', description: 'Add' }]
const CARD = {
  id: 'my agent',
  name: 'Assistant',
  description: 'Helps',
  role: 'helper',
  db_id: 'db-a',
  tools: { tools: TOOLS },
  knowledge: { db_id: 'db-k', knowledge_table: 'docs' },
}
const OS_CONFIG = {
  os_id: 'os-a',
  session: {
    dbs: [
      { db_id: 'other', tables: ['x'] },
      { db_id: 'db-a', tables: ['sessions'] },
    ],
  },
  memory: { dbs: [{ db_id: 'db-a', tables: ['memories'] }] },
  metrics: { dbs: [{ db_id: 'db-a', tables: ['metrics'] }] },
  learning: { dbs: [{ db_id: 'db-a', tables: ['learnings'] }] },
  evals: { dbs: [{ db_id: 'db-a', tables: ['evals'] }] },
  traces: { dbs: [{ db_id: 'db-a' }] },
  knowledge: {
    dbs: null,
    knowledge_instances: [
      { id: 'k1', db_id: 'db-k', table: 'docs' },
      { id: 'k2', db_id: 'db-k', table: 'more' },
    ],
  },
}

/** Opens an agent whose card counts its own fetches in `version`. */
function openConfigured(card: Record<string, unknown> = CARD, osStatus = 200) {
  let version = 0
  return openAgent(({ url }, response) => {
    if (url === '/config') answerJson(response, OS_CONFIG, osStatus)
    else answerJson(response, { ...card, version: ++version })
  })
}

test('an agent has only its id before the first fetch', async () => {
  const { agent, upstream } = await openConfigured()
  expect(agent).toMatchObject({ id: 'my agent', name: 'my agent', description: '' })
  expect(agent.role).toBeUndefined()
  expect(agent.tools).toBeUndefined()
  expect(agent.db).toBeUndefined()
  expect(agent.knowledge).toBeUndefined()
  expect(upstream.requests).toHaveLength(0)
})

test("refreshConfig fills the properties from the agent's config", async () => {
  const { agent } = await openConfigured()
  expect(await agent.refreshConfig()).toEqual({ ...CARD, version: 1 })
  expect(agent).toMatchObject({ name: 'Assistant', description: 'Helps', role: 'helper' })
  expect(agent.tools).toEqual(TOOLS)
  expect(agent.db).toMatchObject({
    id: 'db-a',
    sessionTableName: 'sessions',
    memoryTableName: 'memories',
    metricsTableName: 'metrics',
    learningsTableName: 'learnings',
    evalTableName: 'evals',
    tracesTableName: undefined,
    knowledgeTableName: undefined,
  })
  expect(agent.knowledge).toMatchObject({
    knowledgeId: 'k1',
    contentsDb: { id: 'db-k', knowledgeTableName: 'docs' },
  })
})

test.each([
  ['a list', TOOLS, TOOLS],
  ['JSON text', JSON.stringify(TOOLS), TOOLS],
  ['broken text', '[', undefined],
  ['nothing', null, undefined],
])('the tools in a config may come as %s', async (_name, tools, expected) => {
  const { agent } = await openConfigured({ ...CARD, tools: { tools } })
  await agent.refreshConfig()
  expect(agent.tools).toEqual(expected)
})

test('a card without database and tools leaves both undefined', async () => {
  const { agent } = await openConfigured({ id: 'my agent', knowledge: {}, tools: null })
  await agent.refreshConfig()
  expect(agent.name).toBe('my agent')
  expect(agent.db).toBeUndefined()
  expect(agent.tools).toBeUndefined()
  expect(agent.knowledge?.contentsDb).toBeUndefined()
})

test("a refused OS config still leaves the agent's card usable", async () => {
  const { agent } = await openConfigured(CARD, 403)
  await agent.refreshConfig()
  expect(agent.db).toMatchObject({ id: 'db-a', sessionTableName: undefined })
  expect(agent.knowledge?.knowledgeId).toBeUndefined()
})

test('getAgentConfig fetches on each call and keeps the cached config', async () => {
  const { agent, upstream } = await openConfigured()
  await agent.refreshConfig()
  expect(await agent.getAgentConfig({ authToken: 'jwt' })).toMatchObject({ version: 2 })
  expect(await agent.getAgentConfig()).toMatchObject({ version: 3 })
  expect(await agent.loadConfig()).toMatchObject({ version: 1 })
  expect(upstream.requests.at(-2)?.headers.authorization).toBe('Bearer jwt')
  expect(upstream.requests.at(-1)?.headers.authorization).toBeUndefined()
})

test('loadConfig fetches once while the config is fresh, refreshConfig always', async () => {
  const { agent } = await openConfigured()
  expect(await agent.loadConfig()).toMatchObject({ version: 1 })
  expect(await agent.loadConfig()).toMatchObject({ version: 1 })
  expect(await agent.refreshConfig()).toMatchObject({ version: 2 })
  expect(await agent.loadConfig()).toMatchObject({ version: 2 })
})

test('configs are fetched with the config token', async () => {
  const { agent, upstream } = await openAgent((_, response) => answerJson(response, CARD), {
    configToken: 'config',
  })
  await agent.refreshConfig()
  await agent.getAgentConfig()
  expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual(
    Array(3).fill('Bearer config'),
  )
})

test('a refused config throws an AgentOSError', async () => {
  const { agent } = await openAgent((_, response) =>
    answerJson(response, { detail: 'Agent not found' }, 404),
  )
  const expected = { name: 'AgentOSError', status: 404, detail: 'Agent not found' }
  expect(await failureOf(agent.refreshConfig())).toMatchObject(expected)
  expect(await failureOf(agent.getAgentConfig())).toMatchObject(expected)
})

test('a failed config fetch throws a GatewayError and keeps the old config', async () => {
  const { agent, upstream } = await openConfigured()
  await agent.refreshConfig()
  await upstream.close()
  expect(await failureOf(agent.refreshConfig())).toMatchObject({ name: 'GatewayError' })
  expect(agent.name).toBe('Assistant')
})

test('teams and workflows load their own configs', async () => {
  const upstream = await startFakeUpstream(({ url }, response) =>
    answerJson(response, { ...CARD, name: url }),
  )
  const baseUrl = upstream.url
  const team = closing(new RemoteTeam({ baseUrl, teamId: 't' }))
  const workflow = closing(new RemoteWorkflow({ baseUrl, workflowId: 'w' }))
  expect((await team.getTeamConfig()).name).toBe('/teams/t')
  expect((await workflow.getWorkflowConfig()).name).toBe('/workflows/w')
  await team.refreshConfig()
  await workflow.refreshConfig()
  expect(team).toMatchObject({ name: '/teams/t', role: 'helper', tools: TOOLS })
  expect(team.knowledge?.contentsDb?.id).toBe('db-k')
  expect(workflow).toMatchObject({ name: '/workflows/w', db: { id: 'db-a' } })
})

test("timeouts are given in seconds and default to Agno's values", () => {
  const at = { baseUrl: 'http://127.0.0.1:1' }
  const agent = closing(new RemoteAgent({ ...at, agentId: 'a' }))
  const team = closing(new RemoteTeam({ ...at, teamId: 't' }))
  const workflow = closing(new RemoteWorkflow({ ...at, workflowId: 'w' }))
  const quick = closing(new RemoteAgent({ ...at, agentId: 'a', timeout: 1.5, configTtl: 2 }))
  expect(agent).toMatchObject({ timeoutMs: 60_000, configTtlMs: 300_000 })
  expect(team.timeoutMs).toBe(300_000)
  expect(workflow.timeoutMs).toBe(300_000)
  expect(quick).toMatchObject({ timeoutMs: 1_500, configTtlMs: 2_000 })
})
