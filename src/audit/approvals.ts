/** Reads the decisions in the body that continues a paused run: the very body that is sent on. */
import { membersOf } from '../json/members.ts'
import { isPlainMultipart, multipartValue } from '../parameters/multipart-form.ts'
import { queryPairs } from '../parameters/query.ts'
import type { AuditedCalls } from './calls.ts'
import { callsIn, MOST_CALLS, MOST_MEMBERS, unread } from './calls.ts'

/** Fields with the decisions: of agents, of teams, of workflows. */
const FIELDS = ['tools', 'requirements', 'step_requirements'] as const
/** A longer body is only digested. */
const MOST_BYTES = 1024 * 1024

/**
 * @param body body of `POST …/runs/{run_id}/continue`: a form, or JSON
 * @returns undefined for a body without decisions
 */
export async function decisionsIn(
  body: Buffer,
  contentType = '',
): Promise<AuditedCalls | undefined> {
  if (body.length > MOST_BYTES) return unread(body, [])
  const type = (contentType.split(';', 1)[0] as string).trim().toLowerCase()
  const isClear = type !== 'multipart/form-data' || isPlainMultipart(body, contentType)
  const found: AuditedCalls[] = []
  try {
    for (const name of FIELDS) {
      const text = await fieldIn(body, { type, contentType }, name)
      if (text !== undefined && text.length > 0) found.push(await callsIn(text))
    }
  } catch {
    return unread(body, [])
  }
  const [first, second] = found
  if (!isClear || second) return joined(body, found, isClear)
  return first
}

/** A body may hold several fields, and AgentOS decides which one it reads. */
function joined(body: Buffer, found: readonly AuditedCalls[], isClear: boolean): AuditedCalls {
  const calls = found.flatMap((one) => one.calls)
  const areListed = calls.length <= MOST_CALLS && found.every((one) => !one.unread_sha256)
  return isClear && areListed ? { calls } : unread(body, calls.slice(0, MOST_CALLS))
}

/** AgentOS uses the last value of a repeated field. @throws {JsonError} for invalid JSON */
async function fieldIn(
  body: Buffer,
  { type, contentType }: { readonly type: string; readonly contentType: string },
  name: string,
) {
  if (type === 'multipart/form-data') {
    const value = multipartValue(body, contentType, name)
    return value === undefined ? undefined : Buffer.from(value)
  }
  if (type.includes('json')) {
    const span = (await membersOf(body, MOST_MEMBERS))?.get(name)
    return span && body.subarray(span.start, span.end)
  }
  const value = queryPairs(body.toString('latin1')).getAll(name).at(-1)
  return value === undefined ? undefined : Buffer.from(value)
}
