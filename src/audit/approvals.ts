/** Reads the decisions in the body that continues a paused run: the very body that is sent on. */
import { hash } from 'node:crypto'
import { membersOf } from '../json/members.ts'
import { multipartValue } from '../parameters/multipart-form.ts'
import { queryPairs } from '../parameters/query.ts'
import type { AuditedCalls } from './calls.ts'
import { callsIn } from './calls.ts'

/** Fields with the decisions: of agents, of teams, of workflows. */
const FIELDS = ['tools', 'requirements', 'step_requirements'] as const
/** A longer body is only digested. */
const MOST_BYTES = 1024 * 1024
const MOST_MEMBERS = 1_000

/**
 * @param body body of `POST …/runs/{run_id}/continue`: a form, or JSON
 * @returns undefined for a body without decisions
 */
export async function decisionsIn(
  body: Buffer,
  contentType: string | undefined,
): Promise<AuditedCalls | undefined> {
  if (body.length > MOST_BYTES) return { calls: [], unread_sha256: hash('sha256', body) }
  for (const name of FIELDS) {
    const text = await fieldIn(body, contentType ?? '', name)
    if (text !== undefined && text.length > 0) return callsIn(text)
  }
  return undefined
}

/** AgentOS uses the last value of a repeated field. */
async function fieldIn(body: Buffer, contentType: string, name: string) {
  const type = contentType.toLowerCase()
  if (type.startsWith('multipart/form-data')) {
    const value = multipartValue(body, contentType, name)
    return value === undefined ? undefined : Buffer.from(value)
  }
  if (type.includes('json')) {
    const span = await membersOf(body, MOST_MEMBERS)
      .then((members) => members?.get(name))
      .catch(() => undefined)
    return span && body.subarray(span.start, span.end)
  }
  const value = queryPairs(body.toString('latin1')).getAll(name).at(-1)
  return value === undefined ? undefined : Buffer.from(value)
}
