/** Card of one approval that AgentOS keeps for administrators. */

import { useSignal } from '@preact/signals'
import { approvals } from '../../api/data.ts'
import type { ApiError } from '../../api/http.ts'
import { continueToEnd } from '../../api/runs.ts'
import type { Approval } from '../../api/types.ts'
import { JsonTree } from '../../components/json.tsx'
import { NoteInput } from '../../components/note-input.tsx'
import { Ago } from '../../components/time.tsx'
import { Badge, Failure, Panel } from '../../components/ui.tsx'
import { hrefOf } from '../../state/location.ts'
import { apiErrorOf } from '../../state/polling.ts'
import { strings } from '../../strings.ts'
import { ownerOf } from '../data/owner.ts'
import { OverNote } from './over-note.tsx'

interface ApprovalCardProps {
  readonly approval: Approval
  /** See `InboxItem`. */
  readonly isOver: boolean
  onDecide(): void
  onDone(): void
}

export function ApprovalCard({ approval, isOver, onDecide, onDone }: ApprovalCardProps) {
  const isBusy = useSignal(false)
  const isDecided = useSignal(false)
  const note = useSignal('')
  const failure = useSignal<ApiError | undefined>(undefined)
  const resolve = async (status: 'approved' | 'rejected') => {
    isBusy.value = true
    onDecide()
    try {
      const data = note.value === '' ? undefined : { note: note.value }
      await approvals.resolve(approval.id, status, data)
      isDecided.value = true
      await continueResolved(approval)
      onDone()
    } catch (error) {
      failure.value = apiErrorOf(error)
    }
    isBusy.value = false
  }
  const owner = ownerOf(approval)
  const { tool_name: tool, tool_args: args, user_id: user, source_name: source } = approval
  return (
    <Panel
      title={
        <>
          <Badge tone="warn">{strings.approval}</Badge> <code>{tool ?? approval.pause_type}</code>{' '}
          <span class="dim">
            {source ?? owner?.id} · {user ? strings.userAsked(user) : strings.anonymousAsked}{' '}
            <Ago at={approval.created_at} />
          </span>
        </>
      }
      actions={
        owner ? (
          <a
            href={hrefOf(`/play/${owner.kind}/${encodeURIComponent(owner.id)}`, {
              session: approval.session_id,
              run: approval.run_id,
            })}
          >
            {strings.openPlayground}
          </a>
        ) : undefined
      }
    >
      {isOver && !isBusy.value && !isDecided.value ? <OverNote /> : null}
      <JsonTree value={args ?? {}} open={3} />
      {approval.expires_at ? (
        <p class="dim">
          {strings.expires} <Ago at={approval.expires_at} />
        </p>
      ) : null}
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={isBusy.value || isDecided.value}
          onClick={() => void resolve('approved')}
        >
          {strings.approve}
        </button>
        <button
          type="button"
          class="danger"
          disabled={isBusy.value || isDecided.value}
          onClick={() => void resolve('rejected')}
        >
          {strings.reject}
        </button>
        <NoteInput note={note} />
      </div>
      {failure.value ? <Failure error={failure.value} /> : null}
    </Panel>
  )
}

/** AgentOS keeps the run paused until somebody continues it. */
async function continueResolved(approval: Approval): Promise<void> {
  const owner = ownerOf(approval)
  if (owner === undefined || (approval.run_status ?? 'PAUSED') !== 'PAUSED') return
  const { run_id: runId, session_id: sessionId } = approval
  await continueToEnd({ kind: owner.kind, id: owner.id, runId, sessionId }, undefined)
}
