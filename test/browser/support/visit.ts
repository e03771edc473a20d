/** One page in the browser, and the calls that a test makes in it. */
import type { Page } from 'playwright-core'
import { Queue } from '../../support/queue.ts'
import type { PageCalls } from '../page/contract.ts'

type Result<Name extends keyof PageCalls> = Awaited<ReturnType<PageCalls[Name]>>

export class Visit {
  readonly page: Page
  /** Messages on the browser's console, such as the reason for a blocked response. */
  readonly console: string[] = []
  readonly #reports = new Queue<unknown>()

  private constructor(page: Page) {
    this.page = page
    page.on('console', (message) => this.console.push(message.text()))
  }

  static async begin(page: Page, origin: string): Promise<Visit> {
    const visit = new Visit(page)
    await page.exposeFunction('report', (what: unknown) => visit.#reports.push(what))
    await page.goto(origin)
    await page.waitForSelector('body[data-ready]')
    return visit
  }

  /** Calls a function of the page; resolves with its result. */
  call<Name extends keyof PageCalls>(
    name: Name,
    ...values: Parameters<PageCalls[Name]>
  ): Promise<Result<Name>> {
    const list = values.map((value) => JSON.stringify(value) ?? 'undefined').join(', ')
    return this.page.evaluate<Result<Name>>(`calls.${name}(${list})`)
  }

  /** Returns the page's next report, waiting for it if needed. */
  next(): Promise<unknown> {
    return this.#reports.next()
  }

  /** Returns all reports that no test has read. */
  async rest(): Promise<unknown[]> {
    const all: unknown[] = []
    while (this.#reports.size > 0) all.push(await this.#reports.next())
    return all
  }
}
