/**
 * A headless Chromium, and pages in it that stand at the very origins browsers know: their names lead to the page servers of
 * the tests. Nothing is intercepted, so preflights and their answers are the browser's and the gateway's own.
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
/** An origin that is on nobody's list. */
export const STRANGER = 'https://stranger.example'
/** One that shares its site with agent-ui, and with a gateway reached as `localhost`: it gets their cookies sent along. */
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
  /** A context of its own, closed when the test is over. */
  context(): Promise<BrowserContext>
  /** A page at an origin, ready to be called, in a context of its own or in the one given. */
  visit(origin: string, context?: BrowserContext): Promise<Visit>
  /** A page of somebody else's, such as the gateway's. */
  open(url: string): Promise<Page>
}

/**
 * One browser for all tests of a file, with a profile that is gone afterwards.
 *
 * @param options.publicPages treats the pages as coming from the internet, although they are served from this machine
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
    // Waits end with what they wait for; this one is for machines that do other things besides.
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

/** Keeps a picture of a page, where `SCREENSHOTS` names a directory for them. */
export async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env['SCREENSHOTS']
  if (directory === undefined) return
  mkdirSync(directory, { recursive: true })
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true })
}
