/**
 * Starts a headless Chromium whose pages have real origins: their host names resolve to the tests' page
 * servers. Nothing is intercepted, so preflights and responses are those of the browser and the gateway.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { beforeAll, onTestFinished } from 'vitest'
import { certificateFor } from '../../support/certificates.ts'
import { executable } from '../../support/executable.ts'
import { startPageServers } from './page-servers.ts'
import { Visit } from './visit.ts'

/** Origins on the gateway's default list. */
export const CONTROL_PLANE = 'https://os.agno.com'
export const AGENT_UI = 'http://localhost:3000'
/** An origin on no list. */
export const STRANGER = 'https://stranger.example'
/** Same site as agent-ui and as a gateway reached as `localhost`, so their cookies are sent along. */
export const NEIGHBOUR = 'http://localhost:4000'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Chromium {
  /** Returns a new browser context that closes with the test. */
  context(): Promise<BrowserContext>
  /** Opens a page at an origin, in a new context unless one is given. */
  visit(origin: string, context?: BrowserContext): Promise<Visit>
  /** Opens a page of another server, such as the gateway. */
  open(url: string): Promise<Page>
}

/**
 * Starts one browser for all tests of a file, with a temporary profile.
 *
 * @param options.publicPages treats the pages as coming from the internet although this machine serves them
 */
export function useChromium({ publicPages = false } = {}): Chromium {
  let browser: Browser | undefined
  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'browser-'))
    const servers = await startPageServers(certificateFor('pages', directory))
    const { port, tlsPort } = servers
    const plain = [AGENT_UI, NEIGHBOUR].map(
      (origin) => `MAP ${new URL(origin).host} 127.0.0.1:${port}`,
    )
    const names = [`MAP *:443 127.0.0.1:${tlsPort}`, ...plain].join(', ')
    const spaces = `--ip-address-space-overrides=127.0.0.1:${tlsPort}=public`
    browser = await chromium.launch({
      executablePath: executable('chromium', 'chromium-browser', 'google-chrome'),
      headless: true,
      args: [...FLAGS, `--host-resolver-rules=${names}`, ...(publicPages ? [spaces] : [])],
    })
    return async () => {
      await browser?.close()
      await servers.close()
      rmSync(directory, { recursive: true })
    }
  })

  const context = async () => {
    if (browser === undefined) throw new Error('no browser')
    const made = await browser.newContext({ ignoreHTTPSErrors: true })
    // A generous limit, for machines that are busy with other work.
    made.setDefaultTimeout(90_000)
    onTestFinished(() => made.close())
    return made
  }
  return {
    context,
    async visit(origin, given) {
      return Visit.begin(await (given ?? (await context())).newPage(), origin)
    },
    async open(url) {
      const page = await (await context()).newPage()
      await page.goto(url)
      return page
    },
  }
}

/** Saves a screenshot when `SCREENSHOTS` names a directory. */
export async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env['SCREENSHOTS']
  if (directory === undefined) return
  mkdirSync(directory, { recursive: true })
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true })
}
