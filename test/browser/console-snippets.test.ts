/** Runs the code that the catalogue shows, against the gateway that shows it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { SECRET, tokenFor } from '../support/tokens.ts'
import { useChromium } from './support/chromium.ts'
import { gatewayToDemo, openConsole } from './support/console.ts'

const browser = useChromium()
const execute = promisify(execFile)
const auth = { mode: 'jwt', authorization: true, keys: [{ alg: 'HS256', secret: SECRET }] }
const TOKEN = tokenFor({ sub: 'ada', scopes: ['agent_os:admin'] })
const PYTHON = '.venvs/agno-3.1.10/bin/python'

/** Opens the dialog of a component and returns its code by label. */
async function codeOf(page: Page, name: string): Promise<Record<string, string>> {
  // The status, which names the faces, is there.
  await page.locator('option', { hasText: 'demo-a' }).waitFor({ state: 'attached' })
  await page.getByRole('searchbox').fill(name)
  await page.getByRole('button', { name, exact: true }).click()
  const tabs = page.getByRole('toolbar', { name: 'Call it from' }).getByRole('button')
  await tabs.first().waitFor()
  const found: Record<string, string> = {}
  for (const tab of await tabs.all()) {
    const label = (await tab.textContent()) ?? ''
    if (label === 'Copy') continue
    await tab.click()
    found[label] = (await page.locator('.snippets pre').textContent()) ?? ''
  }
  await page.keyboard.press('Escape')
  return found
}

/** Runs a program with the token in its environment; resolves with its output. */
async function outputOf(program: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, TOKEN }
  return (await execute(program, args, { env, timeout: 120_000 })).stdout
}

async function catalogue(document: object) {
  const gateway = await gatewayToDemo({ auth, ...document })
  const opened = await openConsole(browser, gateway, '#/access')
  await opened.page.getByLabel('Token', { exact: true }).fill(TOKEN)
  await opened.page.getByRole('button', { name: 'Use token' }).click()
  await opened.page.getByText('administrator').waitFor()
  await opened.page.getByRole('link', { name: 'Catalogue' }).click()
  return { ...opened, gateway }
}

const ALL_FACES = { faces: { openai: true, mcp: true, a2a: true, agui: true } }
const NAMES = { Echo: 'hello', Duo: 'hello', Panel: 'lines' }

test.each(Object.entries(NAMES))('the code for %s runs', async (name, word) => {
  const { page } = await catalogue(ALL_FACES)
  const code = await codeOf(page, name)
  expect(Object.keys(code)).toEqual([
    'curl',
    'Python',
    'TypeScript',
    'OpenAI',
    'MCP',
    'A2A',
    'AG-UI',
  ])
  expect(JSON.stringify(code)).not.toContain(TOKEN)
  const said = new RegExp(word, 'i')
  expect(await outputOf('bash', '-c', code['curl'] ?? '')).toMatch(/Completed/)
  expect(await outputOf('bash', '-c', code['A2A'] ?? '')).toMatch(said)
  expect(await outputOf(PYTHON, '-c', code['Python'] ?? '')).toMatch(said)
  expect(await outputOf(PYTHON, '-c', code['OpenAI'] ?? '')).toMatch(said)
  const node = ['--no-warnings', '--conditions=agentos-gateway-source']
  const script = [...node, '--input-type=module', '-e', code['TypeScript'] ?? '']
  expect(await outputOf(process.execPath, ...script)).toMatch(/Completed/)
})

test('the MCP and AG-UI code leads to servers that answer', async () => {
  const { page } = await catalogue(ALL_FACES)
  const code = await codeOf(page, 'Echo')
  const { agentos } = JSON.parse(code['MCP'] ?? '').mcpServers
  expect(agentos.headers.Authorization).toMatch(/^Bearer \$\{TOKEN\}$/)
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  }
  const clientInfo = { name: 'test', version: '1' }
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }
  const call = { jsonrpc: '2.0', id: 1, method: 'initialize', params }
  const answer = await fetch(agentos.url, { method: 'POST', headers, body: JSON.stringify(call) })
  expect(await answer.text()).toContain('serverInfo')
  const [, url = ''] = /url: "([^"]+)"/.exec(code['AG-UI'] ?? '') ?? []
  const messages = [{ id: '1', role: 'user', content: 'hello' }]
  const input = { threadId: 't', runId: 'r', state: {}, messages, tools: [], context: [] }
  const body = JSON.stringify({ ...input, forwardedProps: {} })
  expect(await (await fetch(url, { method: 'POST', headers, body })).text()).toMatch(/RUN_FINISHED/)
})

test('code is shown only for faces that are on', async () => {
  const { page } = await catalogue({})
  expect(Object.keys(await codeOf(page, 'Echo'))).toEqual(['curl', 'Python', 'TypeScript'])
})
