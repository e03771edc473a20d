/** Tests that Swagger UI at `/docs` loads and sends requests under the gateway's own content security policy. */
import type { Locator, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { picture, useChromium } from './support/chromium.ts'
import { ADMIN, gatewayToReal, realOnes } from './support/real.ts'

const browser = useChromium()

/** Collects the errors that the browser reports for a page. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    // Swagger UI warns about operation ids that contain `_` but opens their links.
    const isOwn = message.text().startsWith('Deprecated: escaping deep link')
    if (message.type() === 'error' && !isOwn) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}

/** Opens the docs page at one operation; a link to an operation expands it. */
async function opened(page: Page, gateway: string, operation: string): Promise<Locator> {
  await page.goto('about:blank')
  await page.goto(`${gateway}/docs#/${operation}`)
  const block = page.locator(`#operations-${operation.replace('/', '-')}.is-open`)
  await block.getByRole('button', { name: 'Try it out' }).click()
  return block
}

async function fill(block: Locator, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) {
    const row = block.locator(`tr[data-param-name="${name}"], tr[data-property-name="${name}"]`)
    const field = row.locator('input[type=text], textarea, select').first()
    if ((await field.evaluate((node) => node.nodeName)) === 'SELECT')
      await field.selectOption(value)
    else await field.fill(value)
  }
}

/** Executes the operation. @returns the response body once the page shows this status */
async function executed(block: Locator, status: number): Promise<string | null> {
  await block.getByRole('button', { name: 'Execute' }).click()
  const answer = block.locator('.live-responses-table .response', { hasText: String(status) })
  return answer.locator('.response-col_description').textContent()
}

test('the docs page shows and calls the operations of all upstreams', async () => {
  const gateway = await gatewayToReal(false)
  const page = await (await browser.context()).newPage()
  const complaints = complaintsOf(page)
  await page.goto(`${gateway.url}/docs`)
  await page.getByText('AgentOS Gateway').first().waitFor()
  await picture(page, 'docs')
  for (const { name } of realOnes(false)) {
    const card = await opened(page, gateway.url, 'Agents/get_agent')
    await fill(card, { agent_id: `assistant-${name}` })
    expect(await executed(card, 200)).toContain(`"assistant-${name}"`)
    const run = await opened(page, gateway.url, 'Agents/create_agent_run')
    await fill(run, { agent_id: `assistant-${name}` })
    await run.getByLabel('Request content type').selectOption('application/json')
    await run.locator('textarea').fill('{"message": "hello from docs", "stream": false}')
    expect(await executed(run, 200)).toContain('You said: hello from docs')
  }
  await picture(page, 'docs-executed')
  expect(complaints).toEqual([])
})

test('the docs page opens without a token and sends the one entered', async () => {
  const gateway = await gatewayToReal(true)
  const page = await (await browser.context()).newPage()
  const config = await opened(page, gateway.url, 'Core/get_config')
  expect(await executed(config, 401)).toContain('Authorization header missing')
  await page.getByRole('button', { name: 'Authorize' }).first().click()
  await page.locator('.auth-container input').fill(ADMIN)
  await page.getByRole('button', { name: 'Apply credentials' }).click()
  await picture(page, 'docs-authorized')
  await page.getByRole('button', { name: 'Close' }).click()
  expect(await executed(config, 200)).toContain('"agentos-gateway"')
})
