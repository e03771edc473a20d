/** Tests that every page of the console can be read: axe in both themes, and a width of 390 pixels. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { apiKey, keyAuth } from '../support/api-keys.ts'
import { SECRET } from '../support/tokens.ts'
import { overflowing, seriousFindings } from './support/axe.ts'
import { picture, useChromium } from './support/chromium.ts'
import { gatewayToDemo, gatewayWithConsole, openConsole, say } from './support/console.ts'
import { DATA_PAGES } from './support/data-pages.ts'
import { FILLED } from './support/filled-os.ts'
import { startScriptedOs } from './support/scripted-os.ts'

const browser = useChromium()

const NARROW = { width: 390, height: 800 }
const WIDE = { width: 1280, height: 800 }

const PAGES = [
  '#/',
  '#/catalogue',
  '#/play',
  '#/live',
  '#/traffic',
  '#/budgets',
  '#/config?defaults=1',
  '#/access',
]

/** Checks what the page shows, in both themes and two widths. */
async function check(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect([name, colorScheme, ...(await seriousFindings(page))]).toEqual([name, colorScheme])
    for (const viewport of [NARROW, WIDE]) {
      await page.setViewportSize(viewport)
      expect([name, ...(await overflowing(page))]).toEqual([name])
      await picture(page, `${name.replace(/\W+/g, '-')}-${colorScheme}-${viewport.width}`)
    }
  }
}

async function settled(page: Page): Promise<void> {
  await expect.poll(() => page.getByText('Loading…').count()).toBe(0)
}

test('every page about the gateway is accessible', async () => {
  const budgets = [{ name: 'day', by: 'all', tokens: 1, cost: 1 }]
  const gateway = await gatewayToDemo({ budgets })
  await fetch(`${gateway}/agents/echo/runs`, {
    method: 'POST',
    body: new URLSearchParams({ message: 'hello', stream: 'false' }),
  })
  const { page, faults, go } = await openConsole(browser, gateway)
  for (const hash of PAGES) {
    await go(hash)
    await settled(page)
    await check(page, hash)
  }
  await go('#/catalogue')
  await page.getByRole('button', { name: 'Echo' }).click()
  await page.getByRole('dialog').getByText('curl -N').waitFor()
  await check(page, 'dialog of a component')
  expect(faults).toEqual([])
})

test('every page about data is accessible', async () => {
  const { url } = await startScriptedOs(FILLED)
  const gateway = await gatewayWithConsole({ upstreams: [{ name: 'a', url }] }, 'ready')
  const { page, faults, go } = await openConsole(browser, gateway)
  for (const hash of DATA_PAGES) {
    await go(hash)
    await settled(page)
    await check(page, hash)
  }
  await page.getByRole('link', { name: 'Traces' }).click()
  await page.getByRole('link', { name: 'One' }).first().click()
  await page.locator('.span').last().click()
  await page.getByRole('heading', { name: 'Output' }).waitFor()
  await check(page, 'payload of a span')
  await go('#/data/evals')
  await page.getByRole('button', { name: 'Accuracy of answers' }).click()
  await page.getByRole('dialog').waitFor()
  await check(page, 'dialog of an evaluation')
  expect(faults).toEqual([])
})

test('every state of an answer is accessible', async () => {
  const gateway = await gatewayToDemo()
  const { page, faults, go } = await openConsole(browser, gateway, '#/play/agents/report')
  await say(page, 'figures', 'completed')
  await page.locator('pre code .hljs-keyword').first().waitFor()
  await check(page, 'answer')
  await go('#/play/agents/report?view=events')
  await check(page, 'events')
  await go('#/play/agents/report?view=request')
  await check(page, 'request')
  for (const message of ['input', 'choose', 'elsewhere']) {
    await go('#/play/agents/desk')
    await say(page, message, 'paused')
    await check(page, `pause ${message}`)
  }
  await go('#/play/agents/confirm')
  await say(page, 'delete a.txt', 'paused')
  await check(page, 'pause confirm')
  await go('#/inbox')
  await page.getByRole('button', { name: 'Approve' }).first().waitFor()
  await check(page, 'inbox of paused runs')
  expect(faults).toEqual([])
})

test('the pages before a sign-in are accessible', async () => {
  const auth = { mode: 'jwt', authorization: true, keys: [{ alg: 'HS256', secret: SECRET }] }
  const { page, go } = await openConsole(browser, await gatewayToDemo({ auth }))
  await page.getByText('Give a token').waitFor()
  await check(page, 'overview without a token')
  await go('#/access')
  await page.getByText('Not authenticated.').waitFor()
  await check(page, 'sign-in')
})

test('the page Access lists API keys for an administrator and is accessible', async () => {
  const [admin, old] = [apiKey('admin'), apiKey('old', { expires_at: '2001-01-31', user: 'ann' })]
  const gateway = await gatewayToDemo({ auth: keyAuth(admin, old) })
  const { page, faults } = await openConsole(browser, gateway, '#/access')
  await page.getByLabel('Token', { exact: true }).fill(admin.key)
  await page.getByRole('button', { name: 'Use token' }).click()
  const row = page.getByRole('row').filter({ hasText: 'old' })
  await row.getByText('expired').waitFor()
  expect(await row.textContent()).toContain('ann')
  await page.getByRole('banner').getByText('admin').waitFor()
  expect(await page.content()).not.toContain(old.entry.sha256)
  await check(page, 'API keys')
  expect(faults).toEqual([])
})

test('the page of a gateway without a console is accessible', async () => {
  const page = await browser.open(await gatewayToDemo({ console: 'off' }))
  await page.getByText('web console is off').waitFor()
  await check(page, 'landing page')
})
