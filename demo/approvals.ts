/** `/approvals`: tool calls that an administrator decides, read off the runs that wait for one. */
import { readJson } from './forms.ts'
import { HttpError, type Reply } from './http.ts'
import { page } from './page.ts'
import type { Call, Routes } from './router.ts'
import type { Approval, Requirement, Run } from './run.ts'
import type { SessionStore } from './sessions.ts'
import { nowSeconds } from './time.ts'

/** A run with the decision that it waits for, or waited for. */
interface Asking {
  readonly run: Run
  readonly requirement: Requirement
  readonly approval: Approval
}

const FILTERS = ['status', 'run_id', 'user_id', 'agent_id']

/** The approval routes of one AgentOS. */
export function approvalRoutes(store: SessionStore): Routes {
  const all = (): Asking[] =>
    store.runs().flatMap((run) => {
      const { requirement } = run
      const { approval } = requirement ?? {}
      return requirement && approval ? [{ run, requirement, approval }] : []
    })
  const find = (call: Call): Asking => {
    const found = all().find(({ approval }) => approval.id === call.param('id'))
    if (found) return found
    throw new HttpError(404, 'Approval not found')
  }
  return {
    'GET /approvals': ({ query }) => {
      const wanted = FILTERS.map((name) => [name, query.text(name)] as const)
      const found = all()
        .map(entryOf)
        .filter((one) =>
          wanted.every(([name, value]) => value === undefined || one[name] === value),
        )
      return { status: 200, body: page(found, query, 'created_at', 100) }
    },
    'GET /approvals/count': () => {
      const count = all().filter(({ approval }) => approval.status === 'pending').length
      return { status: 200, body: { count } }
    },
    'GET /approvals/{id}/status': (call) => {
      const { approval, run } = find(call)
      const { id, status } = approval
      return { status: 200, body: { approval_id: id, status, run_id: run.id } }
    },
    'GET /approvals/{id}': (call) => ({ status: 200, body: entryOf(find(call)) }),
    'POST /approvals/{id}/resolve': async (call) => {
      return resolve(find(call), await readJson(call.request))
    },
  }
}

function resolve(asking: Asking, { status, resolved_by: by }: Record<string, unknown>): Reply {
  const { approval, requirement } = asking
  if (status !== 'approved' && status !== 'rejected') {
    const msg = "String should match pattern '^(approved|rejected)$'"
    const loc = ['body', 'status']
    throw new HttpError(422, [{ type: 'string_pattern_mismatch', loc, msg, input: status }])
  }
  if (approval.status !== 'pending') {
    throw new HttpError(409, `Approval is already '${approval.status}' and cannot be resolved`)
  }
  approval.status = status
  approval.resolvedAt = nowSeconds()
  if (typeof by === 'string') approval.resolvedBy = by
  requirement.isGranted = status === 'approved'
  requirement.tool.confirmed = requirement.isGranted
  return { status: 200, body: entryOf(asking) }
}

function entryOf({ run, requirement, approval }: Asking): Record<string, unknown> {
  const { tool } = requirement
  return {
    id: approval.id,
    run_id: run.id,
    session_id: run.sessionId,
    status: approval.status,
    source_type: 'agent',
    approval_type: 'required',
    pause_type: 'confirmation',
    tool_name: tool['tool_name'],
    tool_args: tool['tool_args'],
    agent_id: run.component.id,
    user_id: run.userId ?? null,
    source_name: run.component.name,
    resolved_by: approval.resolvedBy ?? null,
    resolved_at: approval.resolvedAt ?? null,
    created_at: run.createdAt,
    run_status: run.status,
  }
}
