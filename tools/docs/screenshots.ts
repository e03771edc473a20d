/**
 * `npm run screenshots`: takes pictures of the console with the demo, for README and docs. Needs Chromium on the path.
 */
import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { executable } from '../../test/support/executable.ts'

const DIRECTORY = 'docs/img'
const SIZE = { width: 1280, height: 760 }
/** The overview is shorter than the playground. */
const OVERVIEW = { x: 0, y: 0, width: 1280, height: 560 }
/** Duration of two samples of the history, so that the sparklines have a line. */
const TRAFFIC_MS = 21_000

const gateway = spawn(process.execPath, ['server.ts', '--demo', '--port', '0'], {
  stdio: ['ignore', 'pipe', 'ignore'],
})
const url = await listeningAt(gateway)
// The composer starts last.
while (!(await fetch(`${url}/teams/studio`)).ok) await setTimeout(200)
const browser = await chromium.launch({
  executablePath: executable('chromium', 'chromium-browser', 'google-chrome'),
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
})
const page = await (await browser.newContext({ viewport: SIZE, colorScheme: 'light' })).newPage()
mkdirSync(DIRECTORY, { recursive: true })

/** Reads the address of a gateway from its log. */
async function listeningAt(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, url } = JSON.parse(line) as { msg: string; url: string }
    if (msg !== 'listening') continue
    child.stdout.resume()
    return url
  }
  throw new Error('the gateway did not start')
}

async function run(path: string, message: string): Promise<void> {
  const body = new URLSearchParams({ message, stream: 'true', user_id: 'ada' })
  await (await fetch(`${url}/${path}/runs`, { method: 'POST', body })).text()
}

async function traffic(): Promise<void> {
  const until = performance.now() + TRAFFIC_MS
  const paths = ['agents/echo', 'agents/poet', 'teams/duo', 'workflows/pipeline', 'teams/studio']
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
await page.screenshot({ path: `${DIRECTORY}/console-overview.png`, clip: OVERVIEW })
await say(page, '#/play/agents/report', 'How was the quarter?', 'completed')
await page.locator('pre code .hljs-keyword').first().waitFor()
await page.screenshot({ path: `${DIRECTORY}/console-playground.png` })
await browser.close()
gateway.kill()
