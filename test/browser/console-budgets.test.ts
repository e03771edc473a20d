/** Tests the page Budgets: its contents, its place in the navigation, and its callers. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { JWT_AUTH, tokenFor } from '../support/tokens.ts'
import { useChromium } from './support/chromium.ts'
import { gatewayToDemo, openConsole } from './support/console.ts'

const browser = useChromium()

const USERS = { name: 'user-month', by: 'user', tokens: 100_000, window: 'month' }
const AGENTS = {
  name: 'agent-month',
  by: 'component',
  tokens: 5,
  cost: 3,
  window: '31d',
  components: ['agent/*'],
}
const HOUSE = { name: 'house', by: 'all', tokens: 4, window: '31d', over: 'warn' }

async function runAs(gateway: string, agent: string, headers: Record<string, string> = {}) {
  const body = new URLSearchParams({ message: 'one two three', stream: 'false' })
  const answer = await fetch(`${gateway}/agents/${agent}/runs`, { method: 'POST', body, headers })
  await answer.text()
}

type Claims = Parameters<typeof tokenFor>[0]

const bearerOf = (claims: Claims) => ({ authorization: `Bearer ${tokenFor(claims)}` })
const ADMIN = { sub: 'root', scopes: ['agent_os:admin'] }

async function signIn(page: Page, claims: Claims): Promise<void> {
  await page.getByLabel('Token', { exact: true }).fill(tokenFor(claims))
  await page.getByRole('button', { name: 'Use token' }).click()
  await page.getByText('A token is in use.').waitFor()
}

const entry = (page: Page) => page.getByRole('navigation').getByRole('link', { name: 'Budgets' })

test('the page Budgets lists who is over a limit first, and updates itself', async () => {
  const gateway = await gatewayToDemo({ auth: JWT_AUTH, budgets: [USERS, AGENTS, HOUSE] })
  await runAs(gateway, 'echo', bearerOf({ sub: 'ada' }))
  const { page, faults } = await openConsole(browser, gateway, '#/access')
  await signIn(page, ADMIN)
  await entry(page).click()
  const usage = page.getByRole('table', { name: 'Usage' })
  const row = (text: string) => usage.getByRole('row').filter({ hasText: text })
  await row('agents/echo').getByText('over, refused').waitFor()
  await row('all runs').getByText('over, warned').waitFor()
  const subjects = await usage.locator('td[data-head=Subject]').allTextContents()
  expect(subjects).toEqual(['agents/echo', 'all runs', 'ada'])
  expect(await row('agents/echo').textContent()).toContain('0 tokenscost 3')
  await page.getByText('2 over the limit').waitFor()
  const budgets = page.getByRole('table', { name: 'Budgets' })
  const texts = (name: string) => budgets.getByRole('row').filter({ hasText: name }).textContent()
  expect(await texts('agent-month')).toMatch(/component.*agents\/\*.*5 tokens.*cost 3.*31d.*reject/)
  expect(await texts('house')).toMatch(/all.*4 tokens.*31d.*warn/)
  // The page is not touched: the next poll finds the run.
  await runAs(gateway, 'poet', bearerOf({ sub: 'bob' }))
  await row('bob').waitFor()
  expect(faults).toEqual([])
})

test('the usage can be limited to one budget, also while updates are paused', async () => {
  const gateway = await gatewayToDemo({ budgets: [USERS, HOUSE] })
  await runAs(gateway, 'echo')
  const { page } = await openConsole(browser, gateway, '#/budgets')
  const rows = page.getByRole('table', { name: 'Usage' }).locator('tbody tr')
  await expect.poll(() => rows.count()).toBe(2)
  await page.getByRole('button', { name: 'live' }).click()
  await page.getByRole('button', { name: 'user-month' }).click()
  await expect.poll(() => rows.count()).toBe(1)
  expect(await rows.textContent()).toContain('callers without a user')
  expect(page.url()).toContain('#/budgets?budget=user-month')
  await page.getByRole('button', { name: 'user-month ✕' }).click()
  await expect.poll(() => rows.count()).toBe(2)
})

test('a long list of subjects shows its total and grows by a button', async () => {
  const gateway = await gatewayToDemo({ auth: JWT_AUTH, budgets: [USERS] })
  for (let i = 0; i < 104; i += 4) {
    const users = [i, i + 1, i + 2, i + 3]
    await Promise.all(
      users.map((user) => runAs(gateway, 'echo', bearerOf({ sub: `user-${user}` }))),
    )
  }
  const { page } = await openConsole(browser, gateway, '#/access')
  await signIn(page, ADMIN)
  await entry(page).click()
  await page.getByText('100 of 104').waitFor()
  await page.getByRole('button', { name: 'More' }).click()
  const rows = page.getByRole('table', { name: 'Usage' }).locator('tbody tr')
  await expect.poll(() => rows.count()).toBe(104)
})

test('the navigation has no entry without budgets or without the admin scope', async () => {
  const without = await openConsole(browser, await gatewayToDemo())
  const asked: string[] = []
  without.page.on('request', (request) => asked.push(request.url()))
  await without.go('#/access')
  await without.page.getByText('open to everybody').waitFor()
  expect(await entry(without.page).count()).toBe(0)
  expect(asked.filter((url) => /budgets/.test(url))).toEqual([])
  await without.go('#/budgets')
  await without.page.getByText('No budgets are configured.').waitFor()

  const auth = { ...JWT_AUTH, authorization: true }
  const { page, go } = await openConsole(
    browser,
    await gatewayToDemo({ auth, budgets: [USERS] }),
    '#/access',
  )
  await page.getByLabel('keep until this tab is closed').check()
  await signIn(page, { sub: 'ada', scopes: ['agents:read'] })
  await page.getByText('✓ agents:read').waitFor()
  expect(await entry(page).count()).toBe(0)
  await go('#/budgets')
  await page.getByText('This token lacks the scope').waitFor()
  await go('#/access')
  await signIn(page, ADMIN)
  await entry(page).waitFor()
  await page.getByRole('button', { name: 'Forget' }).click()
  await expect.poll(() => entry(page).count()).toBe(0)
})
