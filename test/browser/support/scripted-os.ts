/** A fake AgentOS for the console: the test gives the answer of each data route and the events of a run. */
import type { FakeHandler, FakeUpstream } from '../../support/fake-upstream.ts'
import {
  answerJson,
  beginEvents,
  eventText,
  startFakeUpstream,
} from '../../support/fake-upstream.ts'

/** An answer by path, such as `/sessions`; a function gets the query. */
export type Script = Readonly<
  Record<string, unknown | ((query: URLSearchParams, path: string) => unknown)>
>

/** A body that is written unchanged, instead of as JSON. */
export class RawText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** One page of a list in AgentOS's form. */
export function pageOf(data: readonly unknown[], total = data.length): object {
  const meta = { page: 1, limit: data.length, total_pages: 1, total_count: total }
  return { data, meta: { ...meta, search_time_ms: 0 } }
}

const CARD = { db_id: 'db', description: 'fake' }

/**
 * Answers with the script's entry for the longest path that the request begins with, and 404 without one.
 *
 * @param events of every run
 */
export function startScriptedOs(
  script: Script,
  events: readonly (Record<string, unknown> & { event: string })[] = [],
): Promise<FakeUpstream> {
  const listed: Script = {
    '/config': { databases: ['db'], agents: [], teams: [], workflows: [] },
    '/info': { agno_version: '3.1.10', auth_mode: 'none' },
    '/agents': [{ id: 'one', name: 'One', ...CARD }],
    '/agents/one': { id: 'one', name: 'One', ...CARD },
    '/teams': [],
    '/workflows': [],
    '/approvals/count': { count: 0 },
    ...script,
  }
  const handler: FakeHandler = (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://fake')
    if (request.method === 'POST' && /\/(?:runs|continue|resume)$/.test(pathname)) {
      beginEvents(response)
      response.end(events.map(eventText).join(''))
      return
    }
    const found = Object.entries(listed)
      .filter(([path]) => pathname === path || pathname.startsWith(`${path}/`))
      .toSorted(([one], [other]) => other.length - one.length)[0]
    if (found === undefined) return answerJson(response, { detail: 'Not Found' }, 404)
    const [, entry] = found
    const body = typeof entry === 'function' ? entry(searchParams, pathname) : entry
    if (body instanceof RawText) response.end(body.text)
    else answerJson(response, body)
  }
  return startFakeUpstream(handler)
}
