/** A logger whose lines a test can read and wait for. */
import type { Logger } from 'pino'
import { pino } from 'pino'

export type LogLine = Readonly<Record<string, unknown>>

interface Waiting {
  readonly matches: (line: LogLine) => boolean
  readonly resolve: (line: LogLine) => void
}

export class LogCapture {
  readonly lines: LogLine[] = []
  readonly logger: Logger
  #waiting: Waiting[] = []

  constructor() {
    this.logger = pino({ level: 'trace' }, { write: (text: string) => this.#take(text) })
  }

  /** All log lines as they would appear in the file. */
  get text(): string {
    return this.lines.map((line) => JSON.stringify(line)).join('\n')
  }

  /** Returns the first matching line, waiting for it if needed. */
  until(matches: (line: LogLine) => boolean): Promise<LogLine> {
    const line = this.lines.find(matches)
    if (line) return Promise.resolve(line)
    const { promise, resolve } = Promise.withResolvers<LogLine>()
    this.#waiting.push({ matches, resolve })
    return promise
  }

  /** Returns the access log line of a request. @param path without query */
  access(path: string): Promise<LogLine> {
    return this.until((line) => line['msg'] === 'request' && line['path'] === path)
  }

  #take(text: string): void {
    const line = JSON.parse(text) as LogLine
    this.lines.push(line)
    this.#waiting = this.#waiting.filter(({ matches, resolve }) => {
      if (!matches(line)) return true
      resolve(line)
      return false
    })
  }
}
