import { describe, expect, test } from 'vitest'
import { configOf, issuesOf } from './support.ts'

const ADK = { name: 'adk', url: 'http://adk:8001', protocol: 'a2a' }

describe('an upstream that speaks A2A', () => {
  test("an A2A upstream becomes one agent with the upstream's name", () => {
    const config = configOf({ upstreams: [{ ...ADK, a2a_protocol: 'json-rpc', prefix: 'x-' }] })
    expect(config.upstreams).toMatchObject([
      {
        discover: false,
        protocol: {
          kind: 'a2a',
          binding: 'json-rpc',
          components: [{ kind: 'agents', upstreamId: 'adk' }],
        },
      },
    ])
    expect(config.components).toMatchObject([
      { kind: 'agents', id: 'x-adk', upstreamId: 'adk', upstream: 'adk' },
    ])
  })

  test('explicitly listed components replace the default agent of an A2A upstream', () => {
    const upstreams = [ADK]
    const teams = [{ upstream: 'adk', team_id: 'crew' }]
    expect(configOf({ upstreams, teams }).components.map(({ id }) => id)).toEqual(['crew'])
    const quiet = [{ ...ADK, discover: false }]
    const agents = [{ base_url: 'http://other', agent_id: 'a' }]
    expect(configOf({ upstreams: quiet, agents }).components).toHaveLength(1)
  })

  test('an A2A upstream uses the REST binding by default', () => {
    expect(configOf({ upstreams: [ADK] }).upstreams[0]?.protocol).toMatchObject({
      kind: 'a2a',
      binding: 'rest',
    })
  })

  test('the health check of an A2A upstream requests its agent card', () => {
    const several = { ...ADK, url: undefined, urls: ['http://a', 'http://b'] }
    const check = (document: object) =>
      configOf({ upstreams: [document] }).upstreams[0]?.balancing?.healthCheck?.path
    expect(check(several)).toBe('/.well-known/agent-card.json')
    expect(check({ ...several, health_check: { path: '/live' } })).toBe('/live')
    expect(check({ ...several, protocol: 'agentos' })).toBe('/health')
  })

  test('an A2A upstream whose default agent id is taken is refused', () => {
    const agents = [{ base_url: 'http://other', agent_id: 'adk' }]
    expect(issuesOf({ upstreams: [ADK], agents })).toEqual([
      'upstreams[0]: the id "adk" of its agent is already taken by agents[0], name the agent under agents',
    ])
  })
})

describe('a component with a protocol', () => {
  const base = { base_url: 'http://os/a2a/agents/a', agent_id: 'a' }

  test('a component with protocol a2a gets an A2A upstream', () => {
    const { upstreams } = configOf({ upstreams: [], agents: [{ ...base, protocol: 'a2a' }] })
    expect(upstreams).toMatchObject([{ protocol: { kind: 'a2a', binding: 'rest' } }])
  })

  test('components share an address only when they speak the same protocol', () => {
    const other = { ...base, agent_id: 'b' }
    const agents = [
      { ...base, protocol: 'a2a' },
      { ...other, protocol: 'agentos' },
    ]
    expect(configOf({ upstreams: [], agents }).upstreams).toHaveLength(2)
    const same = [
      { ...base, protocol: 'a2a' },
      { ...other, protocol: 'a2a', a2a_protocol: 'rest' },
    ]
    expect(configOf({ upstreams: [], agents: same }).upstreams).toHaveLength(1)
  })

  test("a component's protocol may not contradict its upstream's", () => {
    const upstreams = [ADK]
    const agent = { upstream: 'adk', agent_id: 'a' }
    for (const wrong of [{ protocol: 'agentos' }, { a2a_protocol: 'json-rpc' }]) {
      expect(issuesOf({ upstreams, agents: [{ ...agent, ...wrong }] })).toEqual([
        'agents[0].protocol: contradicts the protocol of adk: remove it',
      ])
    }
    expect(configOf({ upstreams, agents: [{ ...agent, a2a_protocol: 'rest' }] })).toBeDefined()
  })
})

test('a2a_protocol without protocol: a2a is refused', () => {
  const words = 'needs protocol: a2a in the same entry'
  const upstream = { name: 'a', url: 'http://a', a2a_protocol: 'rest' }
  expect(issuesOf({ upstreams: [upstream] })).toEqual([`upstreams[0].a2a_protocol: ${words}`])
  const agent = { base_url: 'http://a', agent_id: 'a', a2a_protocol: 'rest' }
  expect(issuesOf({ agents: [agent] })).toEqual([`agents[0].a2a_protocol: ${words}`])
})
