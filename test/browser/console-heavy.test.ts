/** Large and hostile contents in the console: long texts, deep nesting, Markdown that stops parsers, text from right to left. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { overflowing } from './support/axe.ts'
import { useChromium } from './support/chromium.ts'
import { gatewayWithConsole, openConsole, say } from './support/console.ts'
import type { Script } from './support/scripted-os.ts'
import { pageOf, RawText, startScriptedOs } from './support/scripted-os.ts'

const browser = useChromium()

const IDS = { run_id: 'r', session_id: 's', agent_id: 'one', agent_name: 'One' }
const STARTED = { ...IDS, event: 'RunStarted' }
const COMPLETED = { ...IDS, event: 'RunCompleted' }

async function gatewayTo(script: Script, events: Parameters<typeof startScriptedOs>[1] = []) {
  const { url } = await startScriptedOs(script, events)
  return gatewayWithConsole({ upstreams: [{ name: 'a', url }] }, 'ready')
}

/** Opens the playground with an agent that answers with these events. */
async function answered(events: Parameters<typeof startScriptedOs>[1] = []) {
  const gateway = await gatewayTo({}, [STARTED, ...events, COMPLETED])
  const opened = await openConsole(browser, gateway, '#/play/agents/one')
  await say(opened.page, 'go', 'completed')
  return opened
}

function pageIsWhole(page: Page): Promise<void> {
  return expect.poll(() => page.getByText('This page failed.').count()).toBe(0)
}

const BOMBS: readonly (readonly [string, string])[] = [
  ['quotes in quotes', '>'.repeat(20_000)],
  ['lists in a line', '1. '.repeat(20_000)],
  ['open brackets', '['.repeat(100_000)],
  ['emphasis without an end', '_a_'.repeat(50_000)],
  ['a million words in one paragraph', 'word '.repeat(1_000_000)],
  ['100,000 paragraphs', 'a\n\n'.repeat(100_000)],
  ['a table of 2,000 rows', `|a|b|\n|-|-|\n${'|1|2|\n'.repeat(2_000)}`],
  ['code without an end', `\`\`\`python\n${'x = 1\n'.repeat(50_000)}`],
]

test('Markdown that stops parsers leaves the page usable', async () => {
  for (const [name, content] of BOMBS) {
    const { page, faults } = await answered([
      { ...IDS, event: 'RunContent', content },
      { ...IDS, event: 'ToolCallCompleted', tool: { tool_name: 'after', tool_args: {} } },
    ])
    await page.getByText('after()').waitFor()
    await pageIsWhole(page)
    expect([name, ...faults]).toEqual([name])
    await page.context().close()
  }
})

test('a tool result of 10 MB is folded, and shown in part', async () => {
  const tool = { tool_name: 'read', tool_args: { path: 'x'.repeat(1_000_000) } }
  const text = 'a line of the file\n'.repeat(550_000)
  const { page, faults } = await answered([
    { ...IDS, event: 'ToolCallStarted', tool: { ...tool, tool_call_id: '1' } },
    { ...IDS, event: 'ToolCallCompleted', tool: { ...tool, tool_call_id: '1', result: text } },
  ])
  const call = page.locator('.tool')
  await call.locator('summary').first().click()
  await call.getByText('show all (10.0 MB)').waitFor()
  expect((await call.textContent())?.length).toBeLessThan(20_000)
  await page.getByRole('button', { name: /^Events/ }).click()
  await page.locator('.raw-event', { hasText: 'ToolCallCompleted' }).click()
  await page.locator('.json').first().waitFor()
  expect(faults).toEqual([])
})

test('members, steps and values that nest deeply are shown', async () => {
  const members = Array.from({ length: 500 }, (_, index) => ({
    ...IDS,
    event: 'RunStarted',
    run_id: `m${index}`,
    parent_run_id: index === 0 ? 'r' : `m${index - 1}`,
    agent_name: `Member ${index}`,
  }))
  const steps = Array.from({ length: 500 }, (_, index) => ({
    ...IDS,
    event: 'LoopExecutionStarted',
    step_id: `s${index}`,
    step_name: `Step ${index}`,
    parent_step_id: `s${index - 1}`,
  }))
  const deep = JSON.parse(`${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`) as object
  const { page, faults } = await answered([
    ...members,
    ...steps,
    { ...IDS, event: 'RunContent', content: deep },
  ])
  await page.getByText('Member 499').waitFor()
  await page.getByText('Step 499').waitFor()
  await pageIsWhole(page)
  expect(faults).toEqual([])
})

test('a trace of 5,000 spans inside of each other is drawn', async () => {
  const at = new Date(1_788_000_000_000).toISOString()
  const span = { type: 'AGENT', status: 'OK', duration: '1s', start_time: at, end_time: at }
  let spans = '[]'
  for (let index = 4_999; index >= 0; index--) {
    const text = JSON.stringify({ ...span, id: `${index}`, name: `Span ${index}` })
    spans = `[${text.slice(0, -1)},"spans":${spans}}]`
  }
  const trace = { trace_id: 't', name: 'Deep', status: 'OK', duration: '1s', total_spans: 5_000 }
  const body = new RawText(`${JSON.stringify(trace).slice(0, -1)},"tree":${spans}}`)
  const { page, faults } = await openConsole(
    browser,
    await gatewayTo({ '/traces/t': body }),
    '#/data/traces/t',
  )
  await page.getByText('5000 spans').waitFor()
  await page.locator('.span-name', { hasText: /Span 5$/ }).click()
  await page.evaluate("document.querySelector('.virtual').scrollTop = 1e9")
  await page.getByText('Span 4999').waitFor()
  expect(faults).toEqual([])
})

const LONG = 'x'.repeat(1_000_000)
const RIGHT_TO_LEFT = '\u202eمرحبا בעולם\u202e'

test.each([
  ['a name of a million characters', LONG],
  ['text from right to left', RIGHT_TO_LEFT],
])('%s fits into every list', async (_, text) => {
  const entry = {
    ...{ session_id: 's', session_name: text, agent_id: 'one', user_id: text.slice(0, 5_000) },
    ...{ memory_id: 'm', memory: text, topics: [text.slice(0, 5_000)] },
    ...{ id: 'x', name: text, description: text, status: 'completed', type: 'Text' },
    ...{ trace_id: 't', duration: '1s', input: text, run_id: 'r' },
    ...{ eval_type: 'accuracy', tool_name: text, tool_args: { text }, status_message: text },
  }
  const gateway = await gatewayTo({
    ...Object.fromEntries(
      ['/sessions', '/memories', '/knowledge/content', '/traces', '/eval-runs', '/approvals'].map(
        (path) => [path, pageOf([entry])],
      ),
    ),
    '/sessions/s': entry,
    '/sessions/s/runs': [{ run_id: 'r', status: 'COMPLETED', run_input: text, content: text }],
    '/traces/t': { ...entry, total_spans: 1, tree: [{ ...entry, spans: null }] },
    '/agents': [{ id: 'one', name: text, description: text }],
    '/agents/one': { id: 'one', name: text, description: text },
  })
  const { page, go, faults } = await openConsole(browser, gateway)
  await page.setViewportSize({ width: 390, height: 800 })
  for (const path of ['catalogue', 'play', 'play/agents/one?session=s', 'inbox', 'data/sessions']) {
    await go(`#/${path}`)
    await expect.poll(() => page.getByText('Loading…').count()).toBe(0)
  }
  for (const tab of ['sessions/s', 'memories', 'knowledge', 'traces', 'traces/t', 'evals']) {
    await go(`#/data/${tab}`)
    await expect.poll(() => page.getByText('Loading…').count()).toBe(0)
    await pageIsWhole(page)
    expect([tab, ...(await overflowing(page))]).toEqual([tab])
  }
  expect(faults).toEqual([])
})
