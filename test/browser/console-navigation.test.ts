/** Addresses of the console: back and forward, links that are opened again, two tabs, and a token that expires meanwhile. */
import { expect, test } from 'vitest'
import { SECRET, tokenFor } from '../support/tokens.ts'
import { useChromium } from './support/chromium.ts'
import { gatewayToDemo, gatewayWithConsole, openConsole, say, turnIs } from './support/console.ts'
import { FILLED } from './support/filled-os.ts'
import { startScriptedOs } from './support/scripted-os.ts'

const browser = useChromium()

test('back and forward lead through pages and sessions', async () => {
  const { page, faults } = await openConsole(browser, await gatewayToDemo())
  await page.getByRole('link', { name: 'Playground' }).click()
  await page.getByRole('link', { name: /Echo/ }).click()
  await say(page, 'first question', 'completed')
  await page.getByRole('button', { name: '+ New session' }).click()
  await page.getByText('Send a message to begin.').waitFor()
  await say(page, 'second question', 'completed')
  await page.goBack()
  await page.locator('.asked', { hasText: 'first question' }).waitFor()
  expect(await page.locator('.asked', { hasText: 'second question' }).count()).toBe(0)
  await page.goBack()
  await page.getByText('Choose a component').waitFor()
  await page.goBack()
  await page.getByText('Upstreams').first().waitFor()
  await page.goForward()
  await page.goForward()
  await page.locator('.asked', { hasText: 'first question' }).waitFor()
  await page.goForward()
  await page.locator('.asked', { hasText: 'second question' }).waitFor()
  expect(faults).toEqual([])
})

const LINKS: readonly (readonly [string, string])[] = [
  ['#/catalogue?q=one&kind=agents', '1 component'],
  ['#/play/agents/one?session=s', 'How was the quarter?'],
  ['#/data/sessions/s?type=agent', 'How was the quarter?'],
  ['#/data/traces/t?run_id=r', '2 spans'],
  ['#/data/approvals?status=pending', 'send_mail'],
  ['#/traffic?range=6h', 'By component'],
  ['#/config?q=upstreams&defaults=1', 'In force'],
]

test('a link shows the same view in a new tab and after a reload', async () => {
  const { url } = await startScriptedOs(FILLED)
  const gateway = await gatewayWithConsole({ upstreams: [{ name: 'a', url }] }, 'ready')
  const { page, go, faults } = await openConsole(browser, gateway)
  for (const [hash, text] of LINKS) {
    await go(hash)
    await page.getByText(text).first().waitFor()
    await page.reload()
    await page.getByText(text).first().waitFor()
    expect(new URL(page.url()).hash).toBe(hash)
  }
  expect(faults).toEqual([])
})

test('two tabs run agents at the same time', async () => {
  const gateway = await gatewayToDemo()
  const one = await openConsole(browser, gateway, '#/play/agents/slow')
  const other = { ...one, page: await one.page.context().newPage() }
  await other.page.goto(one.page.url())
  for (const { page } of [one, other]) {
    await page.getByLabel('Message', { exact: true }).fill('count to 40')
    await page.getByRole('button', { name: 'Send' }).click()
  }
  for (const { page } of [one, other]) await turnIs(page, 'completed')
  await one.page.goto(`${gateway}/gateway/console/#/play`)
  await expect.poll(() => one.page.locator('.plain li').count()).toBe(2)
  expect(one.faults).toEqual([])
})

test('a token that expires during an answer ends neither the answer nor the page', async () => {
  const auth = { mode: 'jwt', authorization: true, keys: [{ alg: 'HS256', secret: SECRET }] }
  const { page, faults } = await openConsole(browser, await gatewayToDemo({ auth }), '#/access')
  const give = async (seconds: number) => {
    const exp = Math.floor(Date.now() / 1000) + seconds
    const token = tokenFor({ scopes: ['agent_os:admin'], exp })
    await page.getByLabel('Token', { exact: true }).fill(token)
    await page.getByRole('button', { name: 'Use token' }).click()
    await page.getByText('administrator').waitFor()
  }
  await give(3600)
  await page.getByRole('link', { name: 'Playground' }).click()
  await page.getByRole('link', { name: /Slow/ }).click()
  await page.getByLabel('Message', { exact: true }).fill('count to 400')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('1 2 3').waitFor()
  // The answer to an expired token, so that the test does not wait until one expires.
  await page.route(/\/(?:sessions|cancel|gateway|approvals)/, (route) =>
    route.fulfill({ status: 401, json: { detail: 'Token has expired' } }),
  )
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByText('Token has expired').first().waitFor()
  await page.getByRole('link', { name: 'Token needed' }).waitFor()
  await page.getByText('10 11 12').waitFor()
  await page.unroute(/\/(?:sessions|cancel|gateway|approvals)/)
  await page.getByRole('button', { name: 'Stop' }).click()
  await turnIs(page, 'cancelled')
  expect(faults).toEqual([])
})

test('the title of the window names the page and the gateway', async () => {
  const gateway = await gatewayToDemo({ name: 'Staging' })
  const { page } = await openConsole(browser, gateway)
  await expect.poll(() => page.title()).toBe('Overview · Staging')
  await page.getByRole('link', { name: 'Traffic' }).click()
  await expect.poll(() => page.title()).toBe('Traffic · Staging')
  await page.goBack()
  await expect.poll(() => page.title()).toBe('Overview · Staging')
})

test('an unknown address leads back to the overview', async () => {
  const { page } = await openConsole(browser, await gatewayToDemo(), '#/access')
  await page.evaluate(`location.hash = '#/accessories'`)
  await page.getByRole('heading', { name: 'There is no such page.' }).waitFor()
  expect(await page.locator('.nav [aria-current]').count()).toBe(0)
  await page.getByRole('main').getByRole('link', { name: 'Overview' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
})
