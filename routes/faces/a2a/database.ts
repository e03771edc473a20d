/** Finds the database of a component. With one, its runs can be read in progress, and continue without their caller. */
import { textIn } from '../../../src/a2a/wire.ts'
import { isObject } from '../../../src/json/is-object.ts'
import type { BaseRemote } from '../../../src/remote/base-remote.ts'
import type { FaceCall } from '../face-call.ts'

/**
 * Id of the component's database, from the list of its AgentOS. An AgentOS refuses background runs of a component without
 * one.
 */
export async function databaseOf(
  { request }: FaceCall,
  { kind, upstream, upstreamId }: BaseRemote,
): Promise<string | undefined> {
  if (!upstream.isAgentOs) return undefined
  const { gateway, caller } = request
  try {
    const identity = caller.identityAt(upstream)
    const { json } = await gateway.discovery.list(upstream, kind, identity, false)
    const cards = Array.isArray(json) ? json : []
    const card: unknown = cards.find((each) => isObject(each) && each['id'] === upstreamId)
    return textIn(card, 'db_id') || undefined
  } catch {
    // A caller who may run a component but not list it: the run needs no database.
    return undefined
  }
}
