/** Faults and hostile contents in the console: garbage, attacks in every field, tokens, a lost connection, keyboard only. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { SECRET, tokenFor } from '../support/tokens.ts'
import { useChromium } from './support/chromium.ts'
import { gatewayToDemo, gatewayWithConsole, openConsole, say, turnIs } from './support/console.ts'
import { DATA_PAGES } from './support/data-pages.ts'
import type { Script } from './support/scripted-os.ts'
import { pageOf, RawText, startScriptedOs } from './support/scripted-os.ts'

const browser = useChromium()

const PAGES = [
  '#/',
  '#/catalogue',
  '#/play',
  '#/play/agents/one?session=s',
  '#/live',
  '#/traffic',
  ...DATA_PAGES,
  '#/config',
  '#/access',
]

async function gatewayTo(script: Script, events: Parameters<typeof startScriptedOs>[1] = []) {
  const { url } = await startScriptedOs(script, events)
  return gatewayWithConsole({ upstreams: [{ name: 'a', url }] }, 'ready')
}

/** Data routes of AgentOS that the console reads. */
const ROUTES = [
  '/sessions',
  '/sessions/s',
  '/sessions/s/runs',
  '/memories',
  '/knowledge/content',
  '/traces',
  '/traces/t',
  '/eval-runs',
  '/approvals',
]

/** The same answer for every data route. */
function everywhere(answer: unknown): Script {
  return Object.fromEntries(ROUTES.map((path) => [path, answer]))
}

const GARBAGE: readonly (readonly [string, unknown])[] = [
  ['HTML', new RawText('<html><body>502</body></html>')],
  ['a cut text', new RawText('{"data": [{"id": "x')],
  ['null', null],
  ['a number', 7],
  ['a list of anything', [null, 1, 'x', [], {}]],
  ['pages of anything', { data: [null, 1, 'x', [], {}], meta: { total_count: 'many' } }],
  ['members of other types', pageOf([{ id: 1, session_id: {}, name: [], memory: 3, tree: 'no' }])],
]

test.each(GARBAGE)('%s from an upstream leaves every page usable', async (_, answer) => {
  const gateway = await gatewayTo(everywhere(answer))
  const { page, go, faults } = await openConsole(browser, gateway)
  for (const hash of PAGES) {
    await go(hash)
    await settled(page)
    expect([hash, await page.getByText('This page failed.').count()]).toEqual([hash, 0])
  }
  expect(faults).toEqual([])
})

/** Waits until the page has its first answer. */
async function settled(page: Page): Promise<void> {
  await expect.poll(() => page.getByText('Loading…').count()).toBe(0)
}

const ATTACK = `"><img src=x onerror=window.hacked=1><script>window.hacked=1</script>{{7*7}}\${7*7}`
const BAD_LINK = 'javascript:window.hacked=1'

const EVERY_FIELD = {
  ...Object.fromEntries(
    ['name', 'description', 'session_name', 'user_id', 'agent_name', 'model', 'status', 'type'].map(
      (key) => [key, ATTACK],
    ),
  ),
  ...Object.fromEntries(
    ['input', 'output', 'error', 'memory', 'tool_name', 'resolved_by', 'source_name'].map((key) => [
      key,
      ATTACK,
    ]),
  ),
  topics: [ATTACK],
  tool_args: { [ATTACK]: ATTACK },
  metadata: { [ATTACK]: ATTACK },
  duration: ATTACK,
  agent_id: 'one',
}

const TOOL = {
  tool_call_id: ATTACK,
  tool_name: ATTACK,
  tool_args: { [ATTACK]: ATTACK },
  requires_user_input: true,
  user_input_schema: [{ name: ATTACK, field_type: ATTACK, description: ATTACK }],
}

test('an attack in any field is neither executed nor loaded', async () => {
  const ids = { run_id: 'r', session_id: 's', agent_id: 'one', agent_name: ATTACK }
  const picture = { id: ATTACK, url: BAD_LINK, alt_text: ATTACK, mime_type: ATTACK }
  const svg = {
    filename: ATTACK,
    mime_type: 'image/svg+xml',
    content: btoa('<svg onload=alert(1)>'),
  }
  const events = [
    { ...ids, event: 'RunStarted', model: ATTACK },
    { ...ids, event: 'ReasoningStep', content: { title: ATTACK, reasoning: ATTACK } },
    { ...ids, event: 'ToolCallStarted', tool: { ...TOOL, requires_user_input: false } },
    { ...ids, event: 'ToolCallError', tool: { ...TOOL, tool_call_error: true, result: ATTACK } },
    { ...ids, event: 'RunContent', content: ATTACK },
    { ...ids, event: 'RunStarted', run_id: 'm', parent_run_id: 'r', agent_name: ATTACK },
    {
      ...ids,
      event: 'RunPaused',
      content: ATTACK,
      tools: [TOOL],
      images: [picture, svg],
      files: [svg],
      citations: { urls: [{ url: BAD_LINK, title: ATTACK }], documents: [{ cited_text: ATTACK }] },
      references: [{ references: [{ name: ATTACK, content: ATTACK }] }],
      metrics: { total_tokens: ATTACK },
    },
  ]
  const entry = {
    ...EVERY_FIELD,
    id: 'x',
    session_id: 's',
    memory_id: 'm',
    trace_id: 't',
    run_id: 'r',
  }
  const run = { ...entry, run_input: ATTACK, content: ATTACK, messages: [ATTACK], tools: [TOOL] }
  const gateway = await gatewayTo(
    {
      ...everywhere(pageOf([entry])),
      '/sessions/s': entry,
      '/sessions/s/runs': [run],
      '/traces/t': { ...entry, total_spans: 1, tree: [{ ...entry, spans: null }] },
      '/agents': [{ ...entry, id: 'one', model: { provider: ATTACK, model: ATTACK } }],
      '/agents/one': { ...entry, id: 'one' },
    },
    events,
  )
  const { page, go, faults } = await openConsole(browser, gateway)
  const requested: string[] = []
  page.on('request', (request) => requested.push(request.url()))
  for (const hash of PAGES) {
    await go(hash)
    await settled(page)
    for (const item of await page.locator('main summary, .span, .link.name').all()) {
      await item.click({ timeout: 1_000 }).catch(() => {})
      await page.keyboard.press('Escape')
    }
    expect([hash, await page.locator('main img:not([src^="blob:"]), main script').count()]).toEqual(
      [hash, 0],
    )
  }
  await go('#/play/agents/one')
  await say(page, ATTACK, 'paused')
  expect(await page.locator('[href^="javascript"]').count()).toBe(0)
  expect(await page.locator('.media img').count()).toBe(0)
  expect(await page.evaluate('window.hacked')).toBeUndefined()
  const outside = requested.filter((url) => /^https?:/.test(url) && !url.startsWith(gateway))
  expect(outside).toEqual([])
  expect(faults).toEqual([])
})

const JWT = { mode: 'jwt', authorization: true, keys: [{ alg: 'HS256', secret: SECRET }] }

async function giveToken(page: Page, claims: Parameters<typeof tokenFor>[0]): Promise<void> {
  await page.getByLabel('Token', { exact: true }).fill(tokenFor(claims))
  await page.getByLabel('keep until this tab is closed').check()
  await page.getByRole('button', { name: 'Use token' }).click()
}

test('an expired token is named, and a new one is taken at once', async () => {
  const { page, go } = await openConsole(browser, await gatewayToDemo({ auth: JWT }), '#/access')
  await giveToken(page, { exp: 1 })
  await page.getByText('Token has expired').waitFor()
  await go('#/')
  await page.getByRole('link', { name: 'Give a token' }).click()
  await giveToken(page, { scopes: ['agent_os:admin'] })
  await page.getByText('administrator').waitFor()
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByText('ready').first().waitFor()
})

test('a token without scopes names the scope on every page that needs one', async () => {
  const { page, go, faults } = await openConsole(
    browser,
    await gatewayToDemo({ auth: JWT }),
    '#/access',
  )
  await giveToken(page, { sub: 'ada', scopes: [] })
  await page.getByText('ada').first().waitFor()
  const open = new Set(['#/access', '#/play/agents/one?session=s'])
  for (const hash of PAGES.filter((one) => !open.has(one))) {
    await go(hash)
    await page.getByText('This token lacks the scope').first().waitFor()
  }
  await go('#/play/agents/echo')
  await page.getByLabel('Message', { exact: true }).fill('hello')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.turn').getByText('agents:run').waitFor()
  expect(faults).toEqual([])
})

test('a lost connection is shown, and the page continues when it is back', async () => {
  const { page, faults } = await openConsole(browser, await gatewayToDemo())
  await page.getByText('ready').first().waitFor()
  await page.context().setOffline(true)
  await page.getByText('reconnecting…').waitFor()
  await page.getByText('Offline.').waitFor()
  await page.context().setOffline(false)
  await page.getByRole('button', { name: 'live' }).waitFor()
  await expect.poll(() => page.getByText('Offline.').count()).toBe(0)
  expect(faults.filter((fault) => !fault.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([])
})

test('a stream that breaks ends its turn with a failure', async () => {
  const gateway = await gatewayToDemo()
  const { page } = await openConsole(browser, gateway, '#/play/agents/slow')
  await page.getByLabel('Message', { exact: true }).fill('count to 400')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('1 2 3').waitFor()
  await page.context().setOffline(true)
  await page.context().setOffline(false)
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.locator('.turn-foot', { hasText: /cancelled|failed/ }).waitFor()
})

test('the console is used by keyboard alone', async () => {
  const { page, faults } = await openConsole(browser, await gatewayToDemo())
  await page.getByText('ready').first().waitFor()
  await page.keyboard.press('Tab')
  expect(await focused(page)).toBe('Skip to content')
  await page.keyboard.press('Enter')
  expect(await page.evaluate('document.activeElement.id')).toBe('main')
  await tabTo(page, 'Catalogue')
  await page.keyboard.press('Enter')
  await page.getByText(/^\d+ components$/).waitFor()
  await tabTo(page, 'Echo')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
  await page.goto(`${page.url().split('#')[0]}#/play/agents/confirm`)
  await page.getByLabel('Message', { exact: true }).focus()
  await page.keyboard.type('delete a.txt')
  await page.keyboard.press('Enter')
  await turnIs(page, 'paused')
  await tabTo(page, 'Approve', 'Shift+Tab')
  await page.keyboard.press('Enter')
  await page.getByText('Done: a.txt is deleted.').waitFor()
  expect(faults).toEqual([])
})

function focused(page: Page): Promise<string> {
  return page.evaluate<string>('document.activeElement.textContent.trim()')
}

/** Presses Tab until the element with this text has the focus. */
async function tabTo(page: Page, text: string, key = 'Tab'): Promise<void> {
  for (let i = 0; i < 60; i++) {
    if ((await focused(page)) === text) return
    await page.keyboard.press(key)
  }
  throw new Error(`no focus on ${text}`)
}

test('nothing moves where the reader asked for less motion', async () => {
  const { page } = await openConsole(browser, await gatewayToDemo(), '#/play/agents/slow')
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.getByLabel('Message', { exact: true }).fill('count to 400')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.markdown.open').waitFor()
  expect(await page.evaluate('document.getAnimations().length')).toBe(0)
})
