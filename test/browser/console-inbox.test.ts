/** Tests the open inbox: new pauses appear, and nothing moves or is lost under the reader's hands. */
import { expect, test } from 'vitest'
import { useChromium } from './support/chromium.ts'
import { gatewayToDemo, gatewayWithConsole, openConsole } from './support/console.ts'
import { pageOf, startScriptedOs } from './support/scripted-os.ts'

const browser = useChromium()

const AT = '2026-09-01T10:00:00Z'
const LATER = '2026-09-01T10:05:00Z'

interface PausedOutput {
  readonly run_id: string
  readonly session_id: string
  readonly tools: readonly object[]
}

async function pause(gateway: string, message: string): Promise<PausedOutput> {
  const body = new URLSearchParams({ message, stream: 'false', user_id: 'ada' })
  const answer = await fetch(`${gateway}/agents/confirm/runs`, { method: 'POST', body })
  return (await answer.json()) as PausedOutput
}

test('a pause appears while the inbox is open, and typed text and focus stay', async () => {
  const gateway = await gatewayToDemo()
  const first = await pause(gateway, 'delete a.txt')
  const { page, faults } = await openConsole(browser, gateway, '#/inbox')
  const cards = page.locator('.panel', { hasText: 'asked by ada' })
  const note = cards.first().getByPlaceholder('Note')
  await note.fill('half a sen')
  await pause(gateway, 'delete b.txt')
  await cards.nth(1).waitFor()
  await page.getByRole('status').filter({ hasText: '2 waiting' }).waitFor()
  expect(await note.inputValue()).toBe('half a sen')
  expect(await note.evaluate((element) => element.ownerDocument.activeElement === element)).toBe(
    true,
  )
  // The oldest card keeps its place, so that no button moves under the pointer.
  expect(await cards.first().textContent()).toContain('a.txt')

  await confirm(gateway, first)
  await cards.first().getByText('This no longer waits').waitFor()
  await page.getByRole('status').filter({ hasText: '1 waiting' }).waitFor()
  expect(await note.inputValue()).toBe('half a sen')
  await page.getByRole('button', { name: 'Search again' }).click()
  await expect.poll(() => cards.count()).toBe(1)
  expect(await cards.first().textContent()).toContain('b.txt')
  expect(faults).toEqual([])
})

async function confirm(gateway: string, { run_id, session_id, tools }: PausedOutput) {
  const confirmed = tools.map((tool) => ({ ...tool, confirmed: true }))
  const fields = { session_id, user_id: 'ada', stream: 'false', tools: JSON.stringify(confirmed) }
  const body = new URLSearchParams(fields)
  const path = `agents/confirm/runs/${run_id}/continue`
  const answer = await fetch(`${gateway}/${path}`, { method: 'POST', body })
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('COMPLETED')])
}

test('a search reads only the sessions that have changed', async () => {
  const sessions = ['one', 'two', 'three'].map((session_id) => {
    return { session_id, session_name: session_id, agent_id: 'one', updated_at: AT }
  })
  const read: string[] = []
  let lists = 0
  const { url } = await startScriptedOs({
    '/approvals': pageOf([]),
    '/sessions': (_query: URLSearchParams, path: string) => {
      const [, , id] = path.split('/')
      if (id === undefined) lists++
      else read.push(id)
      return id === undefined ? pageOf(sessions) : []
    },
  })
  const gateway = await gatewayWithConsole({ upstreams: [{ name: 'a', url }] }, 'ready')
  const { page } = await openConsole(browser, gateway, '#/inbox')
  /** Searches twice. The second search begins when the first has ended. */
  const searched = async () => {
    for (const begun of [lists, lists + 1]) {
      await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`)
      await expect.poll(() => lists).toBeGreaterThan(begun)
    }
  }
  await page.getByText('searched 3 of 3 sessions').waitFor()
  await searched()
  expect(read.toSorted()).toEqual(['one', 'one', 'three', 'three', 'two', 'two'])
  read.length = 0
  Object.assign(sessions[1] as object, { updated_at: LATER })
  await searched()
  await searched()
  expect(read).toEqual(['two', 'two'])
})

test('a hidden inbox asks for nothing, and searches at once when it is shown', async () => {
  const { page, go } = await openConsole(browser, await gatewayToDemo())
  await page.clock.install()
  await go('#/inbox')
  await page.getByText('Nothing waits for a person.').waitFor()
  await page.evaluate(`(() => {
    window.isHidden = true
    Object.defineProperty(document, 'hidden', { get: () => window.isHidden })
  })()`)
  const searches: string[] = []
  page.on('request', (request) => {
    if (/\/(?:approvals|sessions)\?/.test(request.url())) searches.push(request.url())
  })
  await page.clock.runFor(120_000)
  expect(searches).toEqual([])
  await page.evaluate(`(() => {
    window.isHidden = false
    document.dispatchEvent(new Event('visibilitychange'))
  })()`)
  await expect.poll(() => searches.length).toBeGreaterThan(0)
})
