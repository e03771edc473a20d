/** Helpers shared by the tests of the configuration. */
import { expect } from 'vitest'
import { formatPath } from '../../../config/explain.ts'
import { parseConfig } from '../../../config/parse.ts'
import type { GatewayConfig } from '../../../config/types.ts'

/** Returns the message that `call` throws; fails when `call` throws nothing. */
export function messageOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  return expect.unreachable('nothing was thrown')
}

/** One valid upstream, for documents whose test is about another section. */
export const UPSTREAM = { name: 'a', url: 'http://a' }

/** Returns every issue of a document as `path: message`. */
export function issuesOf(document: unknown): string[] {
  const result = parseConfig(document)
  const issues = 'issues' in result ? result.issues : []
  return issues.map(({ path, message }) => `${formatPath(path)}: ${message}`)
}

/** Returns the configuration of a document, with one upstream added where it has none. */
export function configOf(document: object): GatewayConfig {
  const result = parseConfig({ upstreams: [UPSTREAM], ...document })
  if ('config' in result) return result.config
  return expect.unreachable(JSON.stringify(result.issues))
}
