/** One page, and what a test has it do. */
import type { Page } from 'playwright-core'
import { Queue } from '../../support/queue.ts'
import type { PageCalls } from '../page/contract.ts'

type Result<Name extends keyof PageCalls> = Awaited<ReturnType<PageCalls[Name]>>

export class Visit {
  readonly page: Page
  /** What the browser wrote to its console, such as why it kept an answer from the page. */
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

  /** What the page next reported, now or when it does. */
  next(): Promise<unknown> {
    return this.#reports.next()
  }

  /** Everything reported that no test has taken. */
  async rest(): Promise<unknown[]> {
    const all: unknown[] = []
    while (this.#reports.size > 0) all.push(await this.#reports.next())
    return all
  }
}
