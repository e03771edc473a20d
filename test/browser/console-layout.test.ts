/** Tests that long words and names of any script stay inside of their boxes, on paper, and with forced colours. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { overflowing } from './support/axe.ts'
import { picture, useChromium } from './support/chromium.ts'
import { gatewayToDemo, gatewayWithConsole, openConsole, say } from './support/console.ts'
import { pageOf, startScriptedOs } from './support/scripted-os.ts'

const browser = useChromium()

const LONG = 'Donaudampfschifffahrtsgesellschaft'.repeat(8)
const SPACED = 'a long name of many words '.repeat(12)
const ARABIC = 'وكيل المبيعات العربي للشرق الأوسط'
const NAMES = [LONG, SPACED, ARABIC, '🧑‍🚀'.repeat(40), '<b>bold</b>', 'x']
const AT = '2026-09-01T10:00:00Z'

const OWNER = { agent_id: 'one', created_at: AT, updated_at: AT }
const ROWS = NAMES.map((name, index) => ({
  ...OWNER,
  ...{ id: `a${index}`, session_id: `s${index}`, memory_id: `m${index}`, trace_id: `t${index}` },
  ...{ name, session_name: name, user_id: name, memory: name, topics: [name, 'short'] },
  ...{ tool_name: name, tool_args: { [name]: name }, source_name: name, input: name },
  ...{ status: 'pending', run_id: 'r', size: 1, start_time: AT, duration: '1s', total_spans: 1 },
}))
const AGENTS = NAMES.map((name, index) => ({
  ...{ id: index === 0 ? LONG : `agent-${index}`, name, description: name, db_id: 'db' },
  model: { provider: name, model: name },
}))

const PAGES = [
  '#/',
  '#/catalogue',
  '#/play',
  '#/play/agents/agent-1',
  '#/inbox',
  '#/data/sessions',
  '#/data/sessions/s0?type=agent',
  '#/data/memories',
  '#/data/knowledge',
  '#/data/traces',
  '#/data/evals',
  '#/data/approvals',
  '#/config',
]

/** Returns the boxes of the page whose contents are painted over their neighbours. */
function spilling(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll('main *')]
    .filter((box) => {
      const { overflowX, display } = getComputedStyle(box)
      return overflowX === 'visible' && display !== 'inline' && box.clientWidth > 1 &&
        box.checkVisibility() && !box.closest('svg, .sr') && box.scrollWidth > box.clientWidth + 1
    })
    .map((box) => box.outerHTML.slice(0, 160))
    .slice(0, 2)`)
}

/** Returns the table cells that lie beside their table's visible part. */
function scrolledOff(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll('main .table-box td')]
    .filter((cell) => cell.getBoundingClientRect().right > document.documentElement.clientWidth)
    .map((cell) => cell.outerHTML.slice(0, 160))
    .slice(0, 2)`)
}

test('long words and names of any script stay inside of their boxes', async () => {
  const { url } = await startScriptedOs({
    ...{ '/agents': AGENTS, '/agents/agent-1': AGENTS[1] },
    '/config': { databases: ['db'], agents: AGENTS, teams: [], workflows: [] },
    ...Object.fromEntries(
      ['/sessions', '/memories', '/knowledge/content', '/traces', '/eval-runs', '/approvals'].map(
        (path) => [path, pageOf(ROWS)],
      ),
    ),
    '/sessions/s0': { ...ROWS[0], session_state: { [LONG]: LONG } },
    '/sessions/s0/runs': [{ run_id: 'r', status: 'COMPLETED', run_input: LONG, content: LONG }],
  })
  const upstreams = [{ name: `a-${'long-name-'.repeat(5)}`, url }]
  const gateway = await gatewayWithConsole({ upstreams }, 'ready')
  const { page, go, faults } = await openConsole(browser, gateway)
  for (const hash of PAGES) {
    await go(hash)
    await expect.poll(() => page.getByText('Loading…').count()).toBe(0)
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      await picture(page, `long-${hash.replace(/\W+/g, '-')}-${width}`)
      const found = [...(await overflowing(page)), ...(await spilling(page))]
      if (width === 360) found.push(...(await scrolledOff(page)))
      expect([hash, width, ...found]).toEqual([hash, width])
    }
  }
  expect(faults).toEqual([])
})

test('a name of spaces leaves a link that can be seen', async () => {
  const { url } = await startScriptedOs({
    '/sessions': pageOf([{ ...OWNER, session_id: 's', session_name: ' ' }]),
    '/sessions/s': { ...OWNER, session_id: 's', session_name: ' ' },
    '/sessions/s/runs': [],
  })
  const gateway = await gatewayWithConsole({ upstreams: [{ name: 'a', url }] }, 'ready')
  const { page, go } = await openConsole(browser, gateway, '#/data/sessions')
  await page.getByRole('link', { name: 'unnamed' }).click()
  await page.getByRole('heading', { name: 'unnamed' }).waitFor()
  await go('#/play/agents/one')
  await page.locator('.sessions').getByRole('button', { name: /^s\b/ }).waitFor()
})

test('a printed page holds all of its rows on white, without the controls', async () => {
  const sessions = Array.from({ length: 50 }, (_, i) => ({ ...OWNER, session_id: `s${i}` }))
  const { url } = await startScriptedOs({ '/sessions': pageOf(sessions) })
  const upstreams = [{ name: 'a', url }]
  const gateway = await gatewayWithConsole({ upstreams }, 'ready')
  const { page } = await openConsole(browser, gateway, '#/data/sessions')
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  const rows = page.locator('main tbody tr')
  await expect.poll(() => rows.count()).toBe(50)
  const [paper, last] = await page.evaluate<[number, number]>(`[
    document.documentElement.scrollHeight,
    document.querySelector('main tbody tr:last-child').getBoundingClientRect().bottom + scrollY,
  ]`)
  expect(last).toBeLessThanOrEqual(paper)
  expect(await page.getByRole('navigation', { name: 'Pages' }).isVisible()).toBe(false)
  expect(await backgroundOf(page, 'body')).toBe('rgba(0, 0, 0, 0)')
  expect(await backgroundOf(page, 'main .panel')).toBe('rgb(255, 255, 255)')
})

test('a printed conversation holds the whole answer without the controls', async () => {
  const { page } = await openConsole(browser, await gatewayToDemo(), '#/play/agents/echo')
  await say(page, 'word\n'.repeat(100), 'completed')
  await page.emulateMedia({ media: 'print' })
  const box = await page.locator('.turn').boundingBox()
  const height = await page.evaluate<number>('document.documentElement.scrollHeight')
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(height)
  expect(await page.getByLabel('Message', { exact: true }).isVisible()).toBe(false)
})

test('forced colours keep the colours of lines and bars', async () => {
  const gateway = await gatewayToDemo()
  const { page, go } = await openConsole(browser, gateway, '#/play/agents/echo')
  await say(page, 'hello', 'completed')
  await page.emulateMedia({ forcedColors: 'active' })
  await go('#/traffic')
  await page.locator('.swatch').first().waitFor()
  const panel = await backgroundOf(page, '.chart')
  expect(await backgroundOf(page, '.swatch')).not.toBe(panel)
  await go('#/data/traces')
  await page.getByRole('link', { name: /^Echo/ }).click()
  await page.locator('.span-bar i').first().waitFor()
  expect(await backgroundOf(page, '.span-bar i')).not.toBe(panel)
})

function backgroundOf(page: Page, selector: string): Promise<string> {
  return page.evaluate<string>(
    `getComputedStyle(document.querySelector('${selector}')).backgroundColor`,
  )
}
