/** Page Inbox: all approvals and paused runs that wait for a person. */
import { useEffect } from 'preact/hooks'
import { Empty, Failure, Loading, Missing } from '../../components/ui.tsx'
import { strings } from '../../strings.ts'
import { ApprovalCard } from './approval-card.tsx'
import { PausedCard } from './paused-card.tsx'
import { useInbox } from './use-inbox.ts'

export function Inbox() {
  const inbox = useInbox()
  useEffect(() => void inbox.look(), [])
  const { approvals, paused, looked, total, error, isLooking, partial } = inbox
  const found = approvals.value.length + paused.value.length
  const isUnknown = found === 0 && (isLooking.value || error.value !== undefined)
  return (
    <>
      <div class="filters">
        <h1 class="title">{isUnknown ? strings.pages.inbox : strings.waiting(found)}</h1>
        <span class="grow" />
        <span class="dim" role="status">
          {strings.lookedThrough(looked.value, total.value)}
        </span>
        {looked.value < total.value ? (
          <button type="button" disabled={isLooking.value} onClick={() => void inbox.more()}>
            {strings.lookFurther}
          </button>
        ) : null}
        <button type="button" disabled={isLooking.value} onClick={() => void inbox.look()}>
          {strings.lookAgain}
        </button>
      </div>
      <Missing partial={partial.value} />
      {error.value ? <Failure error={error.value} /> : null}
      {found === 0 && isLooking.value ? <Loading /> : null}
      {found === 0 && !isUnknown ? <Empty>{strings.nothingWaits}</Empty> : null}
      {approvals.value.map((approval) => (
        <ApprovalCard key={approval.id} approval={approval} onDone={() => void inbox.look()} />
      ))}
      {paused.value.map((run) => (
        <PausedCard key={run.runId} run={run} onDone={() => inbox.remove(run.runId)} />
      ))}
    </>
  )
}
