/** Reads the metrics of a running gateway. */
import { expect } from 'vitest'
import { send } from './client.ts'
import { parseExposition, sampleOf } from './exposition.ts'

/** Returns a gateway metric by its name without prefix; the sum when several series match. */
export interface Scraped {
  (name: string, labels?: Readonly<Record<string, string>>): number
  readonly text: string
}

/** @throws when the answer is not in the text format */
export async function scrape(
  { url }: { readonly url: string },
  path = '/gateway/metrics',
  headers: Readonly<Record<string, string>> = {},
) {
  const answer = await send(url + path, { headers })
  expect([answer.status, answer.headers['content-type']]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  const text = await answer.whole()
  const families = parseExposition(text)
  const value = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    sampleOf(families, `agentos_gateway_${name}`, labels)
  return Object.assign(value, { text }) as Scraped
}
