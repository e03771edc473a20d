/** Opens the console in Chromium, served by a gateway with the demo or with real AgentOS. */
import type { AddressInfo } from 'node:net'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { buildApp } from '../../../app.ts'
import { consoleFiles } from '../../../cli/console-files.ts'
import { startDemo } from '../../../demo/index.ts'
import { areaLogs } from '../../../plugins/logs.ts'
import { configOf } from '../../support/gateway.ts'
import { LogCapture } from '../../support/log-capture.ts'
import { startProcess } from '../../support/process.ts'

/**
 * Starts a gateway that serves the console until the test ends.
 *
 * @param state that every upstream has to reach first. Default: any.
 */
export async function gatewayWithConsole(document: object, state?: string): Promise<string> {
  const config = configOf(document)
  const log = new LogCapture()
  const app = await buildApp({ config, logs: areaLogs(log.logger, config.log), consoleFiles })
  await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(async () => {
    app.server.closeAllConnections()
    await app.close()
  })
  const upstreams = config.upstreams.map(({ name }) => name)
  await Promise.all(
    upstreams.map((name) =>
      log.until(
        (line) => line['upstream'] === name && line['state'] === (state ?? line['state'] ?? ''),
      ),
    ),
  )
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}

/** Starts such a gateway in front of the demo, which answers fast. */
export async function gatewayToDemo(document: object = {}): Promise<string> {
  const demo = await startDemo({ wordDelayMs: 2, slowWordDelayMs: 60 })
  onTestFinished(() => demo.close())
  return gatewayWithConsole({ upstreams: demo.upstreams, ...document })
}

/** Starts the demo as a process, with its composed team and workflow. */
export async function composedDemo(): Promise<string> {
  const { url } = await startProcess(undefined)
  return url
}

/** A page of the console, and the faults that the browser reports. */
export interface ConsolePage {
  readonly page: Page
  /** Violations of the policy, script errors and error messages but those of refused requests. */
  readonly faults: string[]
  /** Opens a page by its hash. */
  go(hash: string): Promise<void>
}

interface Opener {
  context(options?: BrowserContextOptions): Promise<{ newPage(): Promise<Page> }>
}

export async function openConsole(
  browser: Opener,
  gateway: string,
  hash = '#/',
): Promise<ConsolePage> {
  const page = await (await browser.context()).newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isRefusal) faults.push(message.text())
  })
  const go = async (next: string) => {
    await page.goto('about:blank')
    await page.goto(`${gateway}/gateway/console/${next}`)
    await page.waitForSelector('main h1, main .panel, main .notice, main .play')
  }
  await go(hash)
  return { page, faults, go }
}

/** Sends a message and waits for the answer's state. */
export async function say(page: Page, message: string, state: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(message)
  await page.getByRole('button', { name: 'Send' }).click()
  await turnIs(page, state)
}

/** Waits for the state of the last answer. */
export async function turnIs(page: Page, state: string): Promise<void> {
  await page.locator('.turn').last().locator('.turn-foot', { hasText: state }).waitFor()
}
