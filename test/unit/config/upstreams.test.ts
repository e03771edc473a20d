import { describe, expect, test } from 'vitest'
import { configOf, issuesOf, UPSTREAM } from './support.ts'

const DEFAULTS = { agentTimeoutMs: 60_000, teamTimeoutMs: 300_000 }

describe('upstreams', () => {
  test('every key of an upstream sets its configuration field', () => {
    const balancing = {
      policy: { hash: 'user_id' },
      health_check: {
        path: '/ready',
        interval: 1,
        timeout: 2,
        healthy_after: 3,
        unhealthy_after: 4,
      },
      ejection: { after: 5, pause: 6, longest_pause: 7 },
      slow_start: 0,
      max_inflight: '8',
      queue: { size: 9, timeout: 10 },
      dns_ttl: 11,
    }
    const upstream = {
      name: 'eu',
      urls: ['https://eu-1', { url: 'https://eu-2', weight: 3 }],
      discover: false,
      prefix: 'eu-',
      database_prefix: 'eu-db-',
      credentials: { bearer: 'token' },
      config_token: 'other',
      timeout: 1,
      connect_timeout: 2,
      stream_idle_timeout: 3,
      config_ttl: 4,
      ...balancing,
    }
    expect(configOf({ upstreams: [upstream] }).upstreams).toMatchObject([
      {
        name: 'eu',
        urls: ['https://eu-1', 'https://eu-2'],
        discover: false,
        prefix: 'eu-',
        databasePrefix: 'eu-db-',
        credentials: { kind: 'bearer', token: 'token' },
        configToken: 'other',
        timeouts: {
          connectTimeoutMs: 2000,
          agentTimeoutMs: 1000,
          teamTimeoutMs: 1000,
          streamIdleTimeoutMs: 3000,
          configTtlMs: 4000,
        },
        balancing: {
          weights: [1, 3],
          policy: { kind: 'hash', by: 'user_id' },
          healthCheck: {
            path: '/ready',
            intervalMs: 1000,
            timeoutMs: 2000,
            healthyAfter: 3,
            unhealthyAfter: 4,
          },
          ejection: { after: 5, pauseMs: 6000, longestPauseMs: 7000, slowStartMs: 0 },
          maxInflight: 8,
          queue: { size: 9, timeoutMs: 10_000 },
          dnsTtlMs: 11_000,
        },
      },
    ])
  })

  test('health checks default to on for every upstream', () => {
    const checks = (keys: object) =>
      configOf({ upstreams: [{ name: 'a', ...keys }] }).upstreams[0]?.balancing?.healthCheck
    const defaults = {
      path: '/health',
      intervalMs: 10_000,
      timeoutMs: 3_000,
      healthyAfter: 1,
      unhealthyAfter: 2,
      unhealthyFrom: 400,
    }
    expect(checks({ urls: ['http://b', 'http://c'] })).toEqual(defaults)
    expect(checks({ urls: ['http://b', 'http://c'], health_check: false })).toBeUndefined()
    expect(checks({ url: 'http://b' })).toEqual({ ...defaults, unhealthyFrom: 500 })
    expect(checks({ url: 'http://b', health_check: false })).toBeUndefined()
    expect(checks({ url: 'http://b', health_check: true })).toEqual(defaults)
  })

  test("`credentials: none` removes the caller's credentials", () => {
    const upstreams = [{ ...UPSTREAM, credentials: 'none' }]
    expect(configOf({ upstreams }).upstreams[0]?.credentials).toEqual({ kind: 'none' })
  })

  test("an upstream inherits the top-level timeouts, which default to Agno's", () => {
    const upstreams = [UPSTREAM, { name: 'b', url: 'http://b', timeout: 5 }]
    expect(configOf({ upstreams }).upstreams[0]?.timeouts).toMatchObject(DEFAULTS)
    const times = { timeout: 10, connect_timeout: 1, stream_idle_timeout: 2, config_ttl: 3 }
    const [first, second] = configOf({ upstreams, ...times }).upstreams
    const rest = { connectTimeoutMs: 1000, streamIdleTimeoutMs: 2000, configTtlMs: 3000 }
    expect(first?.timeouts).toEqual({ agentTimeoutMs: 10_000, teamTimeoutMs: 10_000, ...rest })
    expect(second?.timeouts).toEqual({ agentTimeoutMs: 5000, teamTimeoutMs: 5000, ...rest })
  })

  test.each([
    [[{ name: 'a' }], 'upstreams[0]: needs a url (or urls, for several replicas)'],
    [[{ ...UPSTREAM, urls: ['http://b'] }], 'upstreams[0]: write url or urls, not both'],
    [
      [{ name: 'a', urls: ['http://b', 'http://b/'] }],
      'upstreams[0].urls[1]: is the same replica as urls[0]',
    ],
    [
      [UPSTREAM, { name: 'A', url: 'http://b' }],
      'upstreams[1].name: the name "A" is already taken by upstreams[0]',
    ],
  ])('the upstream list %j is refused', (upstreams, issue) => {
    expect(issuesOf({ upstreams })).toEqual([issue])
  })

  test.each([null, {}, { upstreams: [], agents: [] }])(
    'the document %j is refused because it lists no upstream',
    (document) => {
      expect(issuesOf(document)).toEqual([
        ': lists no upstream; write for example upstreams: [{ name: research, url: "http://localhost:7777" }]',
      ])
    },
  )
})

describe('components', () => {
  test('a component refers to its upstream by name or address', () => {
    const config = configOf({
      upstreams: [
        { name: 'a', url: 'http://a' },
        { name: 'b', urls: ['http://b', 'http://c/os'], prefix: 'b-' },
      ],
      agents: [{ upstream: 'a', agent_id: 'x', timeout: 5, config_ttl: 6 }],
      teams: [{ base_url: 'http://C/os/', team_id: 'x' }],
      workflows: [{ upstream: 'b', workflow_id: 'x', id: 'mine' }],
    })
    expect(config.upstreams).toHaveLength(2)
    const none = { timeoutMs: undefined, configTtlMs: undefined }
    expect(config.components).toEqual([
      {
        kind: 'agents',
        upstream: 'a',
        upstreamId: 'x',
        id: 'x',
        timeoutMs: 5000,
        configTtlMs: 6000,
      },
      { kind: 'teams', upstream: 'b', upstreamId: 'x', id: 'b-x', ...none },
      { kind: 'workflows', upstream: 'b', upstreamId: 'x', id: 'mine', ...none },
    ])
  })

  test('components with a new address share one implicit upstream per address', () => {
    const config = configOf({
      upstreams: [],
      timeout: 7,
      agents: [
        { base_url: 'http://facts:8001', agent_id: 'x' },
        { base_url: 'http://facts:8001/', agent_id: 'y' },
      ],
    })
    expect(config.upstreams).toMatchObject([
      {
        name: 'x',
        urls: ['http://facts:8001'],
        discover: false,
        prefix: '',
        databasePrefix: '',
        credentials: { kind: 'forward' },
        configToken: undefined,
        timeouts: {
          connectTimeoutMs: 5000,
          agentTimeoutMs: 7000,
          teamTimeoutMs: 7000,
          streamIdleTimeoutMs: 300_000,
          configTtlMs: 300_000,
        },
      },
    ])
    expect(config.components.map(({ upstream }) => upstream)).toEqual(['x', 'x'])
  })

  test.each([
    ['facts', 'facts'],
    ['é & ü', 'remote'],
    ['Fakten & mehr', 'Fakten-mehr'],
    ['a', 'a-2'],
    ['x'.repeat(100), 'x'.repeat(60)],
  ])('the implicit upstream of component %s is called %s', (id, name) => {
    const { upstreams } = configOf({
      upstreams: [{ name: 'A', url: 'http://elsewhere' }],
      agents: [{ base_url: 'http://internal.example:8001', agent_id: 'other', id }],
    })
    expect(upstreams[1]?.name).toBe(name)
  })

  test.each([
    [{ agent_id: 'x' }, ': needs the base_url of its AgentOS, or the name of its upstream'],
    [
      { agent_id: 'x', upstream: 'a', base_url: 'http://a' },
      ': write base_url or upstream, not both',
    ],
    [
      { agent_id: 'x', upstream: 'reserch' },
      '.upstream: no upstream is named "reserch", did you mean "research"?',
    ],
    [{ agent_id: 'x', upstream: 'zzz' }, '.upstream: no upstream is named "zzz"'],
    [
      { agent_id: 'x', base_url: 'http://a' },
      '.base_url: is the address of a and of b, name one of them with upstream',
    ],
  ])('a component with %j is refused', (agent, issue) => {
    const upstreams = [
      UPSTREAM,
      { name: 'b', url: 'http://a' },
      { name: 'research', url: 'http://r' },
    ]
    expect(issuesOf({ upstreams, agents: [agent] })).toEqual([`agents[0]${issue}`])
  })

  test('an implicit upstream can not be referenced by name', () => {
    const agents = [
      { base_url: 'http://b:1', agent_id: 'x' },
      { upstream: 'x', agent_id: 'y' },
    ]
    expect(issuesOf({ upstreams: [UPSTREAM], agents })).toEqual([
      'agents[1].upstream: no upstream is named "x"',
    ])
  })

  test('a duplicate id is refused within a kind but allowed across kinds', () => {
    const document = {
      upstreams: [{ ...UPSTREAM, prefix: 'a-' }],
      agents: [
        { upstream: 'a', agent_id: 'x' },
        { base_url: 'http://b', agent_id: 'y', id: 'a-x' },
      ],
      teams: [{ upstream: 'a', team_id: 'x' }],
    }
    expect(issuesOf(document)).toEqual([
      'agents[1]: the id "a-x" is already taken by agents[0], give one of them another id',
    ])
  })
})
