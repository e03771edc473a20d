/** Opens remotes for one test and closes them when it ends. */
import { onTestFinished } from 'vitest'
import { RemoteAgent } from '../../../src/client/index.ts'
import type { FakeHandler, FakeUpstream, ReceivedRequest } from '../../support/fake-upstream.ts'
import { startFakeUpstream } from '../../support/fake-upstream.ts'

/** Closes the remote when the test ends. */
export function closing<Remote extends { close(): Promise<void> }>(remote: Remote): Remote {
  onTestFinished(() => remote.close())
  return remote
}

/** Opens the agent `my agent` on an upstream whose answers the test writes. */
export async function openAgent(
  handler: FakeHandler,
  options: { timeout?: number; configTtl?: number; configToken?: string } = {},
): Promise<{ agent: RemoteAgent; upstream: FakeUpstream }> {
  const upstream = await startFakeUpstream(handler)
  const baseUrl = `${upstream.url}/`
  const agent = closing(new RemoteAgent({ baseUrl, agentId: 'my agent', ...options }))
  return { agent, upstream }
}

/** Returns the fields of a urlencoded body. */
export function fieldsOf(request: ReceivedRequest | undefined): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(request?.body.toString()))
}

/** Returns the error that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise
  } catch (error) {
    return error as Record<string, unknown>
  }
  throw new Error('it did not fail')
}

/** Returns all remaining items of an iteration. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}
