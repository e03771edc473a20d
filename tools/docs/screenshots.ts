/**
 * `npm run screenshots`: takes pictures of the console with the demo, for README and docs. Needs Chromium on the path.
 */
import { mkdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { buildApp } from '../../app.ts'
import { consoleFiles } from '../../cli/console-files.ts'
import { loadConfigText } from '../../config/load.ts'
import { startDemo } from '../../demo/index.ts'
import { areaLogs } from '../../plugins/logs.ts'
import { executable } from '../../test/support/executable.ts'
import { LogCapture } from '../../test/support/log-capture.ts'

const DIRECTORY = 'docs/img'
const SIZE = { width: 1280, height: 760 }
/** Duration of two samples of the history, so that the sparklines have a line. */
const TRAFFIC_MS = 21_000

const demo = await startDemo()
const config = loadConfigText(JSON.stringify({ upstreams: demo.upstreams }), 'demo', {})
const log = areaLogs(new LogCapture().logger, config.log)
const app = await buildApp({ config, logs: log, consoleFiles })
const url = await app.listen({ port: 0, host: '127.0.0.1' })
const browser = await chromium.launch({
  executablePath: executable('chromium', 'chromium-browser', 'google-chrome'),
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
})
const page = await (await browser.newContext({ viewport: SIZE, colorScheme: 'light' })).newPage()
mkdirSync(DIRECTORY, { recursive: true })

async function run(path: string, message: string): Promise<void> {
  const body = new URLSearchParams({ message, stream: 'true', user_id: 'ada' })
  await (await fetch(`${url}/${path}/runs`, { method: 'POST', body })).text()
}

async function traffic(): Promise<void> {
  const until = performance.now() + TRAFFIC_MS
  const paths = ['agents/echo', 'agents/poet', 'teams/duo', 'workflows/pipeline', 'agents/report']
  for (let i = 0; performance.now() < until; i++) {
    await Promise.all([
      run(paths[i % paths.length] as string, `question ${i}`),
      run('agents/echo', 'hello'),
    ])
  }
}

async function say(target: Page, hash: string, message: string, state: string): Promise<void> {
  await target.goto(`${url}/gateway/console/${hash}`)
  await target.getByLabel('Message', { exact: true }).fill(message)
  await target.getByRole('button', { name: 'Send' }).click()
  await target.locator('.turn-foot', { hasText: state }).last().waitFor()
}

// The request is still in flight when its connection is closed.
run('agents/slow', 'count to 400').catch(() => {})
await traffic()
await page.goto(`${url}/gateway/console/#/`)
await page.locator('.spark polyline').first().waitFor()
await page.screenshot({ path: `${DIRECTORY}/console-overview.png` })
await say(page, '#/play/agents/report', 'How was the quarter?', 'completed')
await page.locator('pre code .hljs-keyword').first().waitFor()
await page.screenshot({ path: `${DIRECTORY}/console-playground.png` })
await browser.close()
app.server.closeAllConnections()
await app.close()
await demo.close()
