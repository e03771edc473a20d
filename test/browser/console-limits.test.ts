/** Large contents in the console: components, sessions, one trace and one run. Limits of time are generous. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { useChromium } from './support/chromium.ts'
import { gatewayWithConsole, openConsole, say } from './support/console.ts'
import { pageOf, startScriptedOs } from './support/scripted-os.ts'

const browser = useChromium()

/** Longest time without an answer to input, in milliseconds: twenty times what is measured on an idle machine. */
const LONGEST_STALL_MS = 2_000

async function gatewayTo(...parts: Parameters<typeof startScriptedOs>): Promise<string> {
  const { url } = await startScriptedOs(...parts)
  return gatewayWithConsole({ upstreams: [{ name: 'a', url }] }, 'ready')
}

/** Begins to measure the longest time in which the page answered no input. */
async function watchStalls(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(`(() => {
    window.stall = 0
    let last = performance.now()
    const tick = () => {
      const now = performance.now()
      window.stall = Math.max(window.stall, now - last)
      last = now
      setTimeout(tick)
    }
    tick()
  })()`)
  return async () => {
    const stall = await page.evaluate<number>('window.stall')
    process.stdout.write(`longest stall: ${Math.round(stall)} ms\n`)
    return stall
  }
}

test('10,000 events of one run are shown while the page stays responsive', async () => {
  const ids = { run_id: 'r', session_id: 's', agent_id: 'one', agent_name: 'One' }
  const words = Array.from({ length: 10_000 }, (_, index) => ({
    ...ids,
    event: 'RunContent',
    content: index % 12 === 11 ? `word ${index}\n\n` : `word ${index} `,
  }))
  const end = { ...ids, event: 'RunCompleted', metrics: { total_tokens: 10_000 } }
  const gateway = await gatewayTo({}, [{ ...ids, event: 'RunStarted' }, ...words, end])
  const { page, faults } = await openConsole(browser, gateway, '#/play/agents/one')
  const stall = await watchStalls(page)
  const began = performance.now()
  await say(page, 'go', 'completed')
  process.stdout.write(`10,000 events: ${Math.round(performance.now() - began)} ms\n`)
  await page.getByText('word 9999').waitFor()
  expect(await stall()).toBeLessThan(LONGEST_STALL_MS)
  await page.getByRole('button', { name: /^Events/ }).click()
  await page.getByText('10002 events').waitFor()
  await page.locator('.raw-event', { hasText: 'RunCompleted' }).waitFor()
  expect(await page.locator('.raw-event').count()).toBeLessThan(100)
  expect(faults).toEqual([])
})

test('5,000 sessions are listed page by page with their total', async () => {
  const sessions = Array.from({ length: 5_000 }, (_, index) => ({
    session_id: `session-${index}`,
    session_name: `Session ${index}`,
    session_type: 'agent',
    agent_id: 'one',
    updated_at: 1_800_000_000 - index,
  }))
  const gateway = await gatewayTo({
    '/sessions': (query: URLSearchParams) => {
      const [page, limit] = [Number(query.get('page') ?? 1), Number(query.get('limit') ?? 20)]
      return pageOf(sessions.slice((page - 1) * limit, page * limit), sessions.length)
    },
  })
  const { page, go, faults } = await openConsole(browser, gateway, '#/data/sessions')
  await page.getByText('50 of 5,000').waitFor()
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByText('100 of 5,000').waitFor()
  await page.getByText('Session 99').waitFor()
  await go('#/play/agents/one')
  await page.getByText('30 of 5,000').waitFor()
  await go('#/inbox')
  await page.getByText(/of 5,000 sessions/).waitFor()
  expect(faults).toEqual([])
})

test('a catalogue of 200,000 components is searched without a stall', async () => {
  const agents = Array.from({ length: 200_000 }, (_, index) => ({
    id: `agent-${index}`,
    name: `Agent ${index}`,
    description: 'one of many',
    db_id: 'db',
  }))
  const gateway = await gatewayTo({
    '/agents': agents,
    '/config': { databases: ['db'], agents, teams: [], workflows: [] },
  })
  const { page, faults } = await openConsole(browser, gateway, '#/catalogue')
  await page.getByText('200K components').waitFor()
  const stall = await watchStalls(page)
  expect(await page.locator('.component-row').count()).toBeLessThan(100)
  await page.getByRole('searchbox').fill('agent-199999')
  await page.getByText('1 of 200K components').waitFor()
  await page.getByRole('button', { name: 'Agent 199999' }).click()
  await page.getByRole('dialog').getByText('curl -N').waitFor()
  expect(await stall()).toBeLessThan(LONGEST_STALL_MS)
  expect(faults).toEqual([])
})

test('the catalogue accepts lists from the cache of the gateway', async () => {
  const { page } = await openConsole(browser, await gatewayTo({}))
  const asked = page.waitForRequest((request) => request.url().endsWith('/agents'))
  await page.getByRole('link', { name: 'Catalogue', exact: true }).click()
  // With no-cache, the gateway would fetch every list from its upstreams.
  expect((await (await asked).allHeaders())['cache-control']).toBe('max-age=0')
})

test('a trace of 30 MB is drawn row by row, and payloads on demand', async () => {
  const input = 'x '.repeat(750)
  const at = (ms: number) => new Date(1_800_000_000_000 + ms).toISOString()
  const spans = Array.from({ length: 20_000 }, (_, index) => ({
    id: `span-${index}`,
    name: `Span ${index}`,
    type: 'LLM',
    duration: '10ms',
    start_time: at(index),
    end_time: at(index + 10),
    status: 'OK',
    input: `input ${index} ${input}`,
  }))
  const root = { ...spans[0], id: 'root', name: 'Root', type: 'AGENT', spans }
  const summary = {
    trace_id: 't',
    name: 'Root',
    status: 'OK',
    duration: '20s',
    total_spans: 20_001,
  }
  const gateway = await gatewayTo({
    '/traces': pageOf([summary]),
    '/traces/t': { ...summary, tree: [root] },
  })
  const { page, faults } = await openConsole(browser, gateway, '#/data/traces/t')
  await page.getByText('20001 spans').waitFor()
  const stall = await watchStalls(page)
  expect(await page.locator('.span').count()).toBeLessThan(100)
  await page.evaluate("document.querySelector('.virtual').scrollTop = 1e9")
  await page.getByText('Span 19999').click()
  await page.getByText(/^input 19999/).waitFor()
  expect(await stall()).toBeLessThan(LONGEST_STALL_MS)
  expect(faults).toEqual([])
})

test('the first page is painted within seconds and fetches few bytes', async () => {
  const gateway = await gatewayTo({})
  // The first request for the console bundles it from its sources.
  await fetch(`${gateway}/gateway/console/`)
  const { page } = await openConsole(browser, gateway)
  const { paint, bytes } = await page.evaluate<{ paint: number; bytes: number }>(`({
    paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    bytes: performance.getEntriesByType('resource')
      .filter(({ name }) => /\\.(?:js|css)$/.test(name))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
  })`)
  process.stdout.write(`first paint: ${Math.round(paint)} ms, ${bytes} bytes\n`)
  expect(paint).toBeLessThan(5_000)
  expect(bytes).toBeLessThan(60_000)
})
