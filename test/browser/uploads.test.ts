/** Tests file uploads from a page, with progress. */
import { expect, test } from 'vitest'
import { startAgentOs } from '../support/agentos.ts'
import { gatewayOf } from '../support/gateway.ts'
import { AGENT_UI, useChromium } from './support/chromium.ts'

const browser = useChromium()
const MB = 1024 * 1024
const SIZE = 64 * MB

test('upload progress follows the upstream and stops while it does not read', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url })
  const page = await browser.visit(AGENT_UI)
  const whole = page.call('upload', `${gateway.url}/agents/echo/runs`, SIZE)
  const exchange = await upstream.next()
  const first = (await page.next()) as { loaded: number; total: number }
  expect(first.total).toBeGreaterThan(SIZE)
  expect(first.loaded).toBeLessThan(first.total)
  const body = await exchange.body()
  expect(body.length).toBe(first.total)
  expect(body.toString('latin1', 0, 200)).toContain('name="message"\r\n\r\nwhat is in it?')
  exchange.json({ read: body.length })
  expect(await whole).toMatchObject({ status: 200, text: JSON.stringify({ read: body.length }) })
  const loaded = (await page.rest()).map((each) => (each as { loaded: number }).loaded)
  expect(loaded).toEqual(loaded.toSorted((a, b) => a - b))
  expect(loaded.at(-1)).toBe(first.total)
})

test('a page can read the refusal of an oversized file', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url }, { max_body_size: '1MiB' })
  const page = await browser.visit(AGENT_UI)
  const seen = await page.call('upload', `${gateway.url}/agents/echo/runs`, 8 * MB)
  expect([page.console, seen.status, JSON.parse(seen.text)]).toEqual([
    [expect.stringContaining('413')],
    413,
    { detail: 'Request body is too large' },
  ])
})

test('an early answer to an upload reaches the page', async () => {
  const upstream = await startAgentOs()
  const gateway = await gatewayOf({ a: upstream.url })
  const page = await browser.visit(AGENT_UI)
  const whole = page.call('upload', `${gateway.url}/agents/echo/runs`, 16 * MB)
  const exchange = await upstream.next()
  exchange.json({ detail: 'File type is not supported' }, 415)
  expect(await whole).toMatchObject({ status: 415, text: expect.stringContaining('File type') })
})
