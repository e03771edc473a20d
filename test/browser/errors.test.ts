/**
 * Tests that status and `detail` of every refusal reach the script of a page, whichever part of the gateway
 * refuses.
 */
import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { answerJson } from '../support/fake-upstream.ts'
import { gatewayOf, startGateway } from '../support/gateway.ts'
import { refusingUrl } from '../support/raw-upstream.ts'
import { bearer, JWT_AUTH, tokenFor } from '../support/tokens.ts'
import type { Ask } from './page/contract.ts'
import { CONTROL_PLANE, useChromium } from './support/chromium.ts'

const browser = useChromium()
const json = { 'content-type': 'application/json' }
const run = { method: 'POST', headers: json } as const

interface Case {
  readonly path: string
  readonly ask?: Ask
  /** Configuration keys. */
  readonly document?: object
  readonly status: number
  readonly code?: string
}

const SCOPED = { auth: { ...JWT_AUTH, authorization: true } }

const CASES: Readonly<Record<string, Case>> = {
  'an unknown agent': { path: '/agents/nobody', status: 404, code: 'AGW_COMPONENT_NOT_FOUND' },
  'an unknown upstream': { path: '/upstreams/nowhere/x', status: 404 },
  'a wrong method': { path: '/agents', ask: { method: 'PUT' }, status: 405 },
  'a double slash': { path: '/v1//teams/x/sessions/y', status: 404, code: 'AGW_NOT_FOUND' },
  'a path that cannot be decoded': {
    path: '/agents/%ff/runs',
    status: 400,
    code: 'AGW_INVALID_PATH',
  },
  'a segment that is too long': {
    path: `/agents/${'x'.repeat(2_000)}`,
    status: 400,
    code: 'AGW_INVALID_PATH',
  },
  'a target that is too long': {
    path: `/agents?x=${'x'.repeat(9_000)}`,
    status: 414,
    code: 'AGW_URL_TOO_LONG',
  },
  'a head that is too large': {
    path: '/agents',
    ask: { headers: { authorization: `Bearer ${'x'.repeat(20_000)}` } },
    status: 431,
    code: 'AGW_HEADERS_TOO_LARGE',
  },
  'a body that is too large': {
    path: '/agents/echo/runs',
    ask: { ...run, body: JSON.stringify({ message: 'x'.repeat(50_000) }) },
    document: { max_body_size: '10KiB' },
    status: 413,
    code: 'AGW_BODY_TOO_LARGE',
  },
  'a body that is no JSON': {
    path: '/agents/echo/runs',
    ask: { ...run, body: 'no JSON' },
    status: 422,
    code: 'AGW_BODY_INVALID',
  },
  'no token': { path: '/agents', document: { auth: JWT_AUTH }, status: 401 },
  'an expired token': {
    path: '/agents',
    ask: { headers: bearer(tokenFor({ exp: 1 })) },
    document: { auth: JWT_AUTH },
    status: 401,
  },
  'too few scopes': {
    path: '/agents',
    ask: { headers: bearer(tokenFor({ scopes: ['sessions:read'] })) },
    document: SCOPED,
    status: 403,
  },
  'the upstream’s own refusal': { path: '/upstreams/a/teapot', status: 418 },
}

test.each(Object.entries(CASES))(
  'a page can read status and detail of the refusal for %s',
  async (_name, { path, ask, document, status, code }) => {
    const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response) =>
      answerJson(response, { detail: 'I am a teapot' }, 418),
    )
    const gateway = await gatewayOf({ a: upstream.url }, document)
    const page = await browser.visit(CONTROL_PLANE)
    const seen = await page.call('ask', gateway.url + path, ask)
    expect([page.console.filter((line) => line.includes('CORS')), seen.status]).toEqual([
      [],
      status,
    ])
    expect(JSON.parse(seen.text)).toHaveProperty('detail')
    if (code !== undefined) expect(seen.headers['x-agentos-gateway-error']).toBe(code)
  },
)

test('a page can read the error for an unreachable upstream', async () => {
  const gateway = await startGateway({
    upstreams: [{ name: 'a', url: refusingUrl(), discover: false }],
    agents: [{ upstream: 'a', agent_id: 'echo' }],
  })
  const page = await browser.visit(CONTROL_PLANE)
  const seen = await page.call('ask', `${gateway.url}/agents/echo/runs`, { form: { message: 'x' } })
  expect(seen).toMatchObject({ status: 502, text: expect.stringContaining("Upstream 'a'") })
})

test('a page can read retry-after of a rate-limited request', async () => {
  const upstream = await startAgentOs()
  const rate_limit = [{ max: 1, window: '60s', by: 'address' }]
  const gateway = await gatewayOf({ a: upstream.url }, { rate_limit })
  const page = await browser.visit(CONTROL_PLANE)
  expect((await page.call('ask', `${gateway.url}/agents`)).status).toBe(200)
  const refused = await page.call('ask', `${gateway.url}/agents`)
  expect(refused.status).toBe(429)
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
})
