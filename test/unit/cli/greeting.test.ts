import { expect, test } from 'vitest'
import type { Greeting } from '../../../cli/greeting.ts'
import { greeting } from '../../../cli/greeting.ts'
import { configOf } from '../config/support.ts'

const upstreams = [
  { name: 'research', state: 'ready', agents: 2, teams: 1, workflows: 0 },
  { name: 'support', state: 'failing', reason: 'AGW_UPSTREAM_UNREACHABLE (ECONNREFUSED)' },
]
const config = configOf({ upstreams: [{ name: 'research', url: 'http://127.0.0.1:7777' }] })

const textOf = (given: Partial<Greeting> = {}) =>
  greeting({
    config,
    url: 'http://127.0.0.1:8080',
    source: { file: 'gateway.yaml' },
    metricsUrl: undefined,
    upstreams,
    program: 'agentos-gateway',
    hasColor: false,
    ...given,
  })

test('the greeting shows the URL, the file, upstreams with counts, auth and next steps', () => {
  expect(textOf()).toBe(`
AgentOS Gateway 0.1.0 on http://127.0.0.1:8080, from gateway.yaml

  research  2 agents, 1 team
  support   does not answer: AGW_UPSTREAM_UNREACHABLE (ECONNREFUSED); the gateway keeps trying
  auth      none: anyone who can reach this address can call
  console   http://127.0.0.1:8080/gateway/console/

Next:
  curl http://127.0.0.1:8080/agents
  curl http://127.0.0.1:8080/gateway/status
  agentos-gateway check --config gateway.yaml

`)
})

test('the greeting shows a composer that starts without an error', () => {
  const composer = { name: 'composer', state: 'failing', reason: 'ENOENT' } as const
  expect(textOf({ upstreams: [composer] })).toContain('composer  starts: its teams')
})

test('the greeting of the demo shows a run, a stream and init', () => {
  const text = textOf({ source: 'demo', program: 'npm start --' })
  expect(text).toContain("curl http://127.0.0.1:8080/agents/echo/runs -d 'message=hello'")
  expect(text).toContain('npm start -- init http://127.0.0.1:7777')
})

test('the greeting shows how to make a token where tokens are asked for', () => {
  const auth = {
    mode: 'jwt',
    authorization: true,
    keys: [{ alg: 'HS256', secret: 's'.repeat(32) }],
  }
  const jwt = configOf({ upstreams: [{ name: 'a', url: 'http://a' }], auth })
  const text = textOf({ config: jwt, program: 'npm start --' })
  expect(text).toContain('auth      JWT, with scopes')
  expect(text).toContain('TOKEN=$(npm start --silent -- token --config gateway.yaml')
  expect(text).toContain('curl -H "authorization: Bearer $TOKEN" http://127.0.0.1:8080/agents')
})

test('the greeting names the environment variable as the source', () => {
  const text = textOf({ source: 'environment', metricsUrl: 'http://127.0.0.1:9464' })
  expect(text).toContain('from $AGENTOS_GATEWAY_CONFIG')
  expect(text).toContain('  metrics   http://127.0.0.1:9464')
  expect(text).not.toContain('--config')
})

test('the greeting is coloured on request only', () => {
  expect(textOf({ hasColor: true })).toContain('\u001b[')
  expect(textOf()).not.toContain('\u001b[')
})

test.each(['http://0.0.0.0:8080', 'http://[::]:8080'])(
  'the greeting shows localhost for the wildcard address %s',
  (url) => {
    expect(textOf({ url })).toContain('  curl http://localhost:8080/agents\n')
  },
)
