/** Tests which tools the MCP face lists, and the components that its configuration tool shows. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { HI } from '../../support/faces.ts'
import { callTool, mcpOf, responseOf, resultOf, rpc } from '../../support/mcp.ts'

test.each([
  ['both', 11],
  ['agentos', 8],
  ['components', 5],
] as const)('With tools %s there are %i tools', async (tools, count) => {
  const upstream = await startAgentOs({ agents: ['echo'], teams: ['duo'], workflows: ['echo'] })
  const gateway = await mcpOf(upstream.url, { faces: { mcp: { tools } } })
  const result = await resultOf(rpc(gateway, 'tools/list'))
  const names = (result['tools'] as { name: string }[]).map(({ name }) => name)
  expect(names).toHaveLength(count)
  expect(names.includes('workflow_echo')).toBe(tools !== 'agentos')
  expect(names.includes('run_agent')).toBe(tools !== 'components')
  expect(names).toContain('continue_run')
  expect(result).toMatchObject({ resultType: 'complete', cacheScope: 'public', ttlMs: 10_000 })
})

test('Above 40 components two generic tools replace theirs', async () => {
  const agents = Array.from({ length: 41 }, (_, index) => `agent-${index}`)
  const upstream = await startAgentOs({ agents })
  const gateway = await mcpOf(upstream.url)
  const { tools } = (await resultOf(rpc(gateway, 'tools/list'))) as { tools: { name: string }[] }
  expect(tools.map(({ name }) => name).slice(-2)).toEqual(['search_components', 'run_component'])
  expect(tools).toHaveLength(10)
  const found = await resultOf(
    callTool(gateway, 'search_components', { query: 'agent-4', limit: 1 }),
  )
  expect(found['structuredContent']).toEqual({
    components: [{ component: 'agent/agent-4', name: 'Name of agent-4', description: 'fake' }],
    total: 2,
  })
  const answer = callTool(gateway, 'run_component', { component: 'agent/agent-40', message: 'x' })
  const exchange = await upstream.next()
  expect(exchange.request.url).toBe('/agents/agent-40/runs')
  exchange.events().end(HI)
  expect(await resultOf(answer)).toMatchObject({ structuredContent: { agent_id: 'agent-40' } })
})

test('An excluded component has no tool and cannot be run', async () => {
  const upstream = await startAgentOs({ agents: ['echo', 'inner'] })
  const gateway = await mcpOf(upstream.url, { faces: { mcp: { exclude: ['inner'] } } })
  const { tools } = (await resultOf(rpc(gateway, 'tools/list'))) as { tools: { name: string }[] }
  expect(tools.map(({ name }) => name)).not.toContain('inner')
  const refused = await resultOf(
    callTool(gateway, 'run_agent', { agent_id: 'inner', message: 'hello' }),
  )
  expect(refused).toMatchObject({ isError: true, structuredContent: { error: { status: 404 } } })
  expect(await responseOf(callTool(gateway, 'inner', { message: 'x' }))).toMatchObject({
    error: { code: -32_602 },
  })
})

test('The configuration holds the components of the gateway and its id', async () => {
  const config = { databases: ['db'] }
  const upstream = await startAgentOs({ agents: ['echo', 'inner'], config })
  const gateway = await mcpOf(upstream.url, { id: 'gw', faces: { mcp: { exclude: ['inner'] } } })
  const result = await resultOf(callTool(gateway, 'get_agentos_config'))
  expect(result['structuredContent']).toMatchObject({
    os_id: 'gw',
    description: null,
    databases: ['db'],
    agents: [{ id: 'echo', name: 'Name of echo' }],
    teams: [],
    workflows: [],
  })
})
