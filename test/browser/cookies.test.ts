/** Tests tokens in a cookie: a listed page is authenticated by it, an unlisted page is not. */
import type { IncomingMessage } from 'node:http'
import type { BrowserContext } from 'playwright-core'
import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { answerJson } from '../support/fake-upstream.ts'
import { gatewayOf } from '../support/gateway.ts'
import { JWT_AUTH, tokenFor } from '../support/tokens.ts'
import type { Ask } from './page/contract.ts'
import { AGENT_UI, NEIGHBOUR, useChromium } from './support/chromium.ts'

const browser = useChromium()
const TOKEN = tokenFor()
const AUTH = { auth: { ...JWT_AUTH, token_source: 'cookie' } }
const RUN = { form: { message: 'hi' } }

/**
 * Returns a browser that holds the gateway's cookie. The gateway is reached as `localhost`: agent-ui's site,
 * another origin.
 */
async function loggedIn() {
  const upstream = await startAgentOs({ agents: ['echo'] }, (_request, response, message) => {
    message.resume()
    answerJson(response, { ran: true })
  })
  const { port, log, app } = await gatewayOf({ a: upstream.url }, AUTH)
  const cookies: (string | undefined)[] = []
  app.server.on('request', ({ headers }: IncomingMessage) => cookies.push(headers.cookie))
  const context = await browser.context()
  const cookie = { name: 'access_token', value: TOKEN, domain: 'localhost', path: '/' }
  await context.addCookies([{ ...cookie, httpOnly: true, secure: true, sameSite: 'None' }])
  const url = `http://localhost:${port}/agents/echo/runs`
  const ran = () => upstream.requests.filter(({ method }) => method === 'POST')
  return { context, url, ran, log, cookies }
}

async function asked(origin: string, context: BrowserContext, url: string, ask: Ask) {
  const page = await browser.visit(origin, context)
  return page.call('ask', url, ask)
}

test('a listed page is authenticated by the token cookie', async () => {
  const { context, url, ran } = await loggedIn()
  const seen = await asked(AGENT_UI, context, url, { ...RUN, credentials: 'include' })
  expect(seen).toMatchObject({ status: 200, text: '{"ran":true}' })
  expect(ran()).toHaveLength(1)
  expect(ran()[0]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}` })
  expect(ran()[0]?.headers).not.toHaveProperty('cookie')
})

test('a refusal without credentials names the missing cookie', async () => {
  const { context, url } = await loggedIn()
  const seen = await asked(AGENT_UI, context, url, { ...RUN, credentials: 'omit' })
  expect(seen).toMatchObject({ status: 401, text: expect.stringContaining('access_token') })
})

test('an unlisted same-site page starts no run despite its cookie', async () => {
  const { context, url, ran, log, cookies } = await loggedIn()
  const seen = await asked(NEIGHBOUR, context, url, { ...RUN, credentials: 'include' })
  expect(seen.status).toBe(0)
  expect(cookies).toContain(`access_token=${TOKEN}`)
  expect(await log.access('/agents/echo/runs')).toMatchObject({ status: 401 })
  expect(ran()).toEqual([])
})
