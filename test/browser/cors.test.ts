/** Tests which responses of the gateway a page may read, as decided by a real browser. */
import { describe, expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { answerJson } from '../support/fake-upstream.ts'
import { gatewayOf } from '../support/gateway.ts'
import { bearer, JWT_AUTH, tokenFor } from '../support/tokens.ts'
import { AGENT_UI, CONTROL_PLANE, STRANGER, useChromium } from './support/chromium.ts'

const browser = useChromium()

/** Starts a gateway before an upstream that answers everything with its own CORS headers. */
async function open(document: object = {}) {
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response, message) => {
    message.resume()
    response.setHeader('mcp-session-id', 's1')
    response.setHeader('access-control-allow-origin', 'https://upstream.example')
    answerJson(response, { reached: true })
  })
  return { upstream, gateway: await gatewayOf({ a: upstream.url }, document) }
}

describe.each([CONTROL_PLANE, AGENT_UI])('a page at %s', (origin) => {
  test('a listed page may send credentials and read the response', async () => {
    const { gateway, upstream } = await open({ auth: JWT_AUTH })
    const page = await browser.visit(origin)
    const token = bearer(tokenFor())
    const seen = await page.call('ask', `${gateway.url}/agents/echo/runs`, {
      method: 'POST',
      headers: { ...token, 'content-type': 'application/json' },
      body: '{"message":"hi"}',
      credentials: 'include',
    })
    expect(seen).toMatchObject({ status: 200, text: '{"reached":true}' })
    expect(upstream.requests.at(-1)?.headers).toMatchObject(token)
    const preflight = await gateway.log.until((line) => line['method'] === 'OPTIONS')
    expect(preflight).toMatchObject({ path: '/agents/echo/runs', status: 200 })
  })

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'a listed page may send %s',
    async (method) => {
      const { gateway, upstream } = await open()
      const page = await browser.visit(origin)
      const seen = await page.call('ask', `${gateway.url}/upstreams/a/x`, {
        method,
        headers: { 'x-custom': '1' },
      })
      expect(seen.status).toBe(200)
      expect(upstream.requests.at(-1)).toMatchObject({ method, url: '/x' })
    },
  )

  test("a listed page reads the gateway's exposed headers", async () => {
    const { gateway } = await open()
    const page = await browser.visit(origin)
    const answered = await page.call('ask', `${gateway.url}/upstreams/a/x`, {
      credentials: 'include',
    })
    expect(answered.headers).toMatchObject({ 'mcp-session-id': 's1' })
    expect(answered.headers['x-request-id']).toBeTypeOf('string')
    const refused = await page.call('ask', `${gateway.url}/agents/nobody`)
    expect(refused.headers['x-agentos-gateway-error']).toBe('AGW_COMPONENT_NOT_FOUND')
  })
})

describe('an unlisted page', () => {
  test('the browser blocks an unlisted page from reading a response', async () => {
    const { gateway } = await open()
    const page = await browser.visit(STRANGER)
    expect((await page.call('ask', `${gateway.url}/agents`)).status).toBe(0)
    expect(page.console.join()).toContain('blocked by CORS policy')
  })

  test("the browser blocks an unlisted page's request after its preflight", async () => {
    const { gateway, upstream } = await open()
    const page = await browser.visit(STRANGER)
    const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
    expect((await page.call('ask', `${gateway.url}/agents/echo/runs`, request)).status).toBe(0)
    await gateway.log.access('/agents/echo/runs')
    expect(upstream.requests.filter(({ method }) => method === 'POST')).toEqual([])
  })

  test('origins "*" lets every page read without credentials', async () => {
    const { gateway } = await open({ cors: { origins: ['*'] } })
    const page = await browser.visit(STRANGER)
    const seen = await page.call('ask', `${gateway.url}/upstreams/a/x`, {
      headers: { authorization: 'Bearer x' },
    })
    expect(seen).toMatchObject({ status: 200, headers: { 'mcp-session-id': 's1' } })
    const withCookies = await page.call('ask', `${gateway.url}/agents`, { credentials: 'include' })
    expect(withCookies.status).toBe(0)
  })
})
