/** Reads what a request to `POST /approvals/{id}/resolve` decides, and which call its answer names. */
import type { MemberSpan } from '../json/members.ts'
import { membersOf } from '../json/members.ts'
import { boundedText } from '../limits/bounded-text.ts'
import type { AuditedCall, Decision } from './calls.ts'
import { MOST_MEMBERS, MOST_TEXT } from './calls.ts'
import { digestOf } from './canonical.ts'

const PATH = /^\/approvals\/([^/]+)\/resolve$/
/** Longest ids, in UTF-16 code units. */
const MOST_ID = 256

/** Id of the approval that a request resolves; undefined for any other request. */
export function resolvedApproval(method: string, path: string): string | undefined {
  const id = method === 'POST' ? PATH.exec(path)?.[1] : undefined
  return id && boundedText(id, MOST_ID)
}

/** The decision in the body; undefined for a body without a valid one, which AgentOS refuses. */
export async function decisionIn(body: Buffer): Promise<Decision | undefined> {
  const value = textReader(body, await membersIn(body))('status')
  return value === 'approved' || value === 'rejected' ? value : undefined
}

/** The call and the run in AgentOS's answer. @param answer the approval as JSON; undefined where it was not kept */
export async function approvalIn(answer: Buffer | undefined, id: string) {
  if (answer === undefined) return undefined
  const members = await membersIn(answer)
  const text = textReader(answer, members)
  const decision = text('status')
  if (decision !== 'approved' && decision !== 'rejected') return undefined
  const args = members.get('tool_args')
  const call: AuditedCall = {
    tool: boundedText(text('tool_name') ?? 'tool', MOST_TEXT),
    call_id: id,
    decision,
    ...(args && { args_sha256: await digestOf(answer.subarray(args.start, args.end)) }),
  }
  return { decisions: [call], run_id: text('run_id'), session_id: text('session_id') }
}

async function membersIn(body: Buffer): Promise<ReadonlyMap<string, MemberSpan>> {
  return (await membersOf(body, MOST_MEMBERS).catch(() => undefined)) ?? new Map()
}

function textReader(body: Buffer, members: ReadonlyMap<string, MemberSpan>) {
  return (name: string): string | undefined => {
    const span = members.get(name)
    const value: unknown = span && JSON.parse(body.toString('utf8', span.start, span.end))
    return typeof value === 'string' && value !== '' ? boundedText(value, MOST_ID) : undefined
  }
}
