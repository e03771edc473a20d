/** Uses the demo's composed team and workflow in the playground: members, steps, pauses, stop and reload. */
import { expect, test } from 'vitest'
import { useChromium } from './support/chromium.ts'
import { composedDemo, openConsole, say, turnIs } from './support/console.ts'

const browser = useChromium()

test('a composed team shows its members inside of its run, also after a reload', async () => {
  const { page, go, faults } = await openConsole(browser, await composedDemo())
  await go('#/play/teams/studio')
  await say(page, 'verses and a review', 'completed')
  const names = page.locator('.member > header b')
  expect(await names.allTextContents()).toEqual(['Poet', 'Critic'])
  expect(await page.locator('.member .markdown').count()).toBeGreaterThanOrEqual(2)
  await page.reload()
  await turnIs(page, 'completed')
  expect(await names.allTextContents()).toEqual(['poet', 'critic'])
  expect(faults).toEqual([])
})

test('a paused composed team is answered after a reload', async () => {
  const { page, go, faults } = await openConsole(browser, await composedDemo())
  await go('#/play/teams/studio')
  await say(page, 'which files to delete: a.txt', 'paused')
  await page.getByText('delete_file').first().waitFor()
  await page.reload()
  await turnIs(page, 'paused')
  await page.getByRole('button', { name: 'Approve' }).click()
  await turnIs(page, 'completed')
  await page.locator('.member', { hasText: 'a.txt is deleted' }).first().waitFor()
  expect(faults).toEqual([])
})

test('a composed workflow shows parallel steps, pauses, and continues after a reload', async () => {
  const { page, go, faults } = await openConsole(browser, await composedDemo())
  await go('#/play/workflows/publish')
  await say(page, 'the sea', 'paused')
  const parallel = page.locator('.parallel > .step-body > .step > header b')
  expect((await parallel.allTextContents()).toSorted()).toEqual(['critic', 'reader'])
  await page.getByText('Print it?').waitFor()
  await page.reload()
  await page.getByText('Print it?').waitFor()
  await page.getByRole('button', { name: 'Approve' }).click()
  await turnIs(page, 'completed')
  await page.reload()
  await turnIs(page, 'completed')
  expect((await parallel.allTextContents()).toSorted()).toEqual(['critic', 'reader'])
  expect(faults).toEqual([])
})

test('a composed run is stopped, and continues in the background after a reload', async () => {
  const { page, go, faults } = await openConsole(browser, await composedDemo())
  await go('#/play/workflows/publish')
  await page.getByLabel('Message', { exact: true }).fill('the sea')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.step', { hasText: 'draft' }).getByText(/\w{3}/).first().waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await turnIs(page, 'cancelled')
  await go('#/play/teams/studio')
  await page.getByLabel('background').check()
  await page.getByLabel('Message', { exact: true }).fill('verses and a review')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.member').first().waitFor()
  await page.reload()
  await turnIs(page, 'completed')
  expect(await page.locator('.member').count()).toBe(2)
  expect(faults).toEqual([])
})
