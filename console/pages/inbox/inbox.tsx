/** Page Inbox: all approvals and paused runs that wait for a person. */
import { Empty, Failure, Loading, Missing } from '../../components/ui.tsx'
import { strings } from '../../strings.ts'
import { ApprovalCard } from './approval-card.tsx'
import { PausedCard } from './paused-card.tsx'
import { useInbox } from './use-inbox.ts'

export function Inbox() {
  const { inbox, error } = useInbox()
  const { items, looked, total, hasLooked, isLooking, partial } = inbox
  const open = items.value.filter(({ isOver }) => !isOver).length
  const isSearching = isLooking.value || !(hasLooked.value || error)
  const isUnknown = items.value.length === 0 && (isSearching || error !== undefined)
  return (
    <>
      <div class="filters">
        <h1 class="title">
          <span role="status">{isUnknown ? strings.pages.inbox : strings.waiting(open)}</span>
        </h1>
        <span class="grow" />
        <span class="dim">{strings.lookedThrough(looked.value, total.value)}</span>
        {looked.value < total.value ? (
          <button type="button" disabled={isSearching} onClick={() => void inbox.more()}>
            {strings.lookFurther}
          </button>
        ) : null}
        <button type="button" disabled={isSearching} onClick={() => void inbox.again()}>
          {strings.lookAgain}
        </button>
      </div>
      <Missing partial={partial.value} />
      {error ? <Failure error={error} /> : null}
      {items.value.length === 0 && isSearching ? <Loading /> : null}
      {items.value.length === 0 && !isUnknown ? <Empty>{strings.nothingWaits}</Empty> : null}
      {items.value.map((item) => {
        const { key, of, isOver } = item
        const onDone = () => inbox.remove(item)
        return 'run' in of ? (
          <PausedCard key={key} run={of.run} isOver={isOver} onDone={onDone} />
        ) : (
          <ApprovalCard
            key={key}
            approval={of.approval}
            isOver={isOver}
            onDecide={() => inbox.decide(of.approval)}
            onDone={onDone}
          />
        )
      })}
    </>
  )
}
