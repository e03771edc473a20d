/** Sends one migration request to every database. */

import { queryUpstream, statusOf } from '../../src/merge/query-upstream.ts'
import { percentEncoded } from '../../src/parameters/path.ts'
import { lastValue } from '../../src/parameters/query.ts'
import type { Call, DataReply } from './call.ts'
import { queryFor } from './call.ts'

/**
 * Migrates each distinct database once, at its first available owner, and answers as one AgentOS with all of them.
 *
 * @see AgentOS `POST /databases/all/migrate`
 */
export async function sendMigrations(call: Call): Promise<DataReply> {
  const { discovery } = call.request.gateway
  const owned = [...discovery.current.databases.inDomain('session')]
  const replies = await Promise.all(
    owned.map(async ([id, owners]) => {
      const available = owners.find(({ upstream }) => discovery.stateOf(upstream) !== 'failing')
      const { upstream, upstreamId } = available ?? (owners[0] as (typeof owners)[number])
      const question = queryFor(call, { upstream })
      const path = question.path.replace('/all/', `/${percentEncoded(upstreamId)}/`)
      const timeoutMs = upstream.config.timeouts.teamTimeoutMs
      const reply = await queryUpstream(
        { upstream },
        { ...question, path },
        { timeoutMs, signal: call.signal },
      )
      return [id, reply] as const
    }),
  )
  const failed = replies
    .filter(([, reply]) => statusOf(reply) !== 200)
    .map(([id, reply]) => {
      const body = 'response' in reply ? reply.response.body.toString('utf8') : reply.error.message
      return [id, detailOf(body)] as const
    })
  const target = lastValue(call.query, 'target_version')
  const version = target ? `version ${target}` : 'latest version'
  const done = replies.length - failed.length
  const answer =
    failed.length > 0
      ? {
          message: `Migrated ${done}/${replies.length} databases to ${version}`,
          failed: Object.fromEntries(failed),
        }
      : { message: `All databases migrated successfully to ${version}` }
  return call.reply.code(failed.length > 0 ? 207 : 200).send(answer)
}

function detailOf(body: string): string {
  try {
    return String((JSON.parse(body) as { detail?: unknown }).detail ?? body)
  } catch {
    return body
  }
}
