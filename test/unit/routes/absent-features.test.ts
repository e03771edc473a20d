import { expect, test } from 'vitest'
import { absentFeature } from '../../../routes/absent-features.ts'
import { startAgentOs } from '../../support/agentos.ts'
import { answerJson } from '../../support/fake-upstream.ts'
import { configOf, gatewayOf } from '../../support/gateway.ts'

const CONFIG = configOf({ upstreams: [{ name: 'a', url: 'http://a' }] })

test.each([
  [
    '/v1/models',
    "No such route: this gateway does not serve OpenAI's API here. faces: { openai: true } in the configuration switches it on.",
  ],
  [
    '/.well-known/agent-card.json',
    'No such route: this gateway does not serve an A2A server here. faces: { a2a: true } in the configuration switches it on. Name the upstream in the x-agentos-upstream header for its own.',
  ],
  ['/ui/', 'No such route: this gateway does not serve a web console here.'],
  [
    '/healthz',
    'No such route: this gateway does not serve this health check here. It is at /health.',
  ],
  ['/agents/x/unknown', undefined],
  ['/v1', undefined],
  ['/uix', undefined],
])('the path %s is answered with %j', (path, expected) => {
  expect(absentFeature(path, CONFIG)).toBe(expected)
})

test('a path of a feature that is on is not refused', () => {
  const faces = { openai: true, a2a: true, agui: true }
  const config = configOf({ upstreams: [{ name: 'a', url: 'http://a' }], faces })
  expect(absentFeature('/v1/embeddings', config)).toBeUndefined()
  expect(absentFeature('/agui', config)).toBeUndefined()
  expect(absentFeature('/a2a', config)).toBeUndefined()
})

test('a feature that is off is answered 404 with no such route', async () => {
  const os = () => startAgentOs({ agents: ['x'] }, (_, response) => answerJson(response, {}, 404))
  const gateway = await gatewayOf({ a: (await os()).url, b: (await os()).url })
  for (const path of ['/v1/models', '/ui', '/mcp', '/a2a']) {
    const answer = await fetch(gateway.url + path)
    expect(answer.status).toBe(404)
    const { detail } = (await answer.json()) as { detail: string }
    expect(detail).toMatch(/^No such route: /)
    expect(detail.includes('x-agentos-upstream')).toBe(path === '/mcp' || path === '/a2a')
  }
})
