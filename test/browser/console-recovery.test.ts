/** Tests that the console keeps the message, the open question and the other pages when a request fails. */
import { expect, test } from 'vitest'
import { JWT_AUTH, tokenFor } from '../support/tokens.ts'
import { useChromium } from './support/chromium.ts'
import { gatewayToDemo, openConsole, say, turnIs } from './support/console.ts'

const browser = useChromium()

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

test('a message and its picture can be sent again after a failure', async () => {
  const { page } = await openConsole(browser, await gatewayToDemo(), '#/play/agents/echo')
  const message = page.getByLabel('Message', { exact: true })
  const file = { name: 'dot.png', mimeType: 'image/png', buffer: PIXEL }
  await page.locator('input[type=file]').setInputFiles(file)
  await message.fill('look')
  await page.getByRole('button', { name: /^Events/ }).click()
  await page.getByText('No events yet').waitFor()
  await page.getByRole('button', { name: 'Chat' }).click()
  await page.context().setOffline(true)
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.turn').getByText('Offline.').waitFor()
  await expect.poll(() => message.inputValue()).toBe('look')
  await page.context().setOffline(false)
  await page.getByRole('button', { name: 'Send' }).click()
  await turnIs(page, 'completed')
  expect(await message.inputValue()).toBe('')
  await page.locator('.turn').last().getByRole('img', { name: 'dot.png' }).waitFor()
})

test('a decision that cannot be sent leaves the question open', async () => {
  const { page } = await openConsole(browser, await gatewayToDemo(), '#/play/agents/confirm')
  await say(page, 'delete a.txt', 'paused')
  await page.context().setOffline(true)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.locator('.turn').getByText('Offline.').waitFor()
  await page.locator('.tool', { hasText: 'waits for you' }).waitFor()
  await page.context().setOffline(false)
  await page.getByRole('button', { name: 'Approve' }).click()
  await turnIs(page, 'completed')
  await page.getByText('a.txt is deleted').waitFor()
})

test('the check of an invalid token leaves the administrator signed in', async () => {
  const auth = { ...JWT_AUTH, authorization: true }
  const { page } = await openConsole(browser, await gatewayToDemo({ auth }), '#/access')
  await page
    .getByLabel('Token', { exact: true })
    .fill(tokenFor({ sub: 'ada', scopes: ['agent_os:admin'] }))
  await page.getByRole('button', { name: 'Use token' }).click()
  await page.getByLabel('Check another token').fill(tokenFor({ sub: 'bob', exp: 1 }))
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await page.getByText('Token has expired').waitFor()
  await page.getByLabel('Check another token').fill(tokenFor({ sub: 'eve', scopes: [] }))
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await page.getByText('The checked token').waitFor()
  expect(await page.getByText('Token needed').count()).toBe(0)
  await page.getByText('A token is in use.').waitFor()
})

test('a run is stopped before its first event', async () => {
  const { page } = await openConsole(browser, await gatewayToDemo(), '#/play/agents/echo')
  // The request is never answered.
  await page.route('**/agents/echo/runs', () => {})
  await page.getByLabel('Message', { exact: true }).fill('hello')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('Waiting for the first event').waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.locator('.turn').getByText('Cancelled').waitFor()
  await page.unroute('**/agents/echo/runs')
  await say(page, 'again', 'completed')
})

test('a page that cannot be loaded comes back with the gateway', async () => {
  const { page } = await openConsole(browser, await gatewayToDemo())
  await page.getByText('ready').first().waitFor()
  await page.context().setOffline(true)
  await page.getByRole('link', { name: 'Traffic' }).click()
  await page.getByText('Its code could not be loaded').waitFor()
  await page.getByRole('link', { name: 'Access' }).click()
  await page.getByRole('heading', { name: 'Your token' }).waitFor()
  await page.getByRole('link', { name: 'Traffic' }).click()
  await page.getByText('Its code could not be loaded').waitFor()
  await page.context().setOffline(false)
  await page.getByRole('heading', { name: 'Rate per second' }).waitFor()
})
