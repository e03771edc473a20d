/** Shared by the tests of the configuration. */
import { expect } from 'vitest'
import { formatPath } from '../../../config/explain.ts'
import { parseConfig } from '../../../config/parse.ts'
import type { GatewayConfig } from '../../../config/types.ts'

/** The message of what `call` throws; fails when it does not. */
export function messageOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  return expect.unreachable('nothing was thrown')
}

/** One upstream, for documents whose test is about something else. */
export const UPSTREAM = { name: 'a', url: 'http://a' }

/** `path: message` of every issue of a document. */
export function issuesOf(document: unknown): string[] {
  const result = parseConfig(document)
  const issues = 'issues' in result ? result.issues : []
  return issues.map(({ path, message }) => `${formatPath(path)}: ${message}`)
}

/** The configuration made from a document that has one upstream besides what is given. */
export function configOf(document: object): GatewayConfig {
  const result = parseConfig({ upstreams: [UPSTREAM], ...document })
  if ('config' in result) return result.config
  return expect.unreachable(JSON.stringify(result.issues))
}
