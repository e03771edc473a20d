/** Shows the conversation and the field for the next message. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Target } from '../../api/runs.ts'
import { forkSession } from '../../api/runs.ts'
import { Empty, Failure, Loading } from '../../components/ui.tsx'
import type { Conversation } from '../../state/conversation.ts'
import { draftFor } from '../../state/drafts.ts'
import { navigate, path } from '../../state/location.ts'
import { apiErrorOf } from '../../state/polling.ts'
import type { Turn } from '../../state/turn.ts'
import { strings } from '../../strings.ts'
import { Composer } from './composer.tsx'
import { TurnView } from './turn-view.tsx'

interface ChatProps {
  readonly target: Target
  readonly conversation: Conversation
}

/** Distance to the end below which the page follows the answer, in pixels. */
const NEAR_END_PX = 120

export function Chat({ target, conversation }: ChatProps) {
  const draft = draftFor(target)
  const failure = useSignal(conversation.error.peek())
  const box = useFollowedEnd(conversation)
  const turns = conversation.turns.value
  const edit = async (turn: Turn) => {
    draft.text.value = turn.message
    const session = conversation.sessionId.value
    if (session === '') return
    try {
      const forked = await forkSession(target, session)
      navigate(path.value, { query: { session: forked } })
    } catch (error) {
      failure.value = apiErrorOf(error)
    }
  }
  return (
    <>
      <div class="chat" ref={box}>
        {conversation.isLoading.value ? <Loading /> : null}
        {conversation.error.value ? <Failure error={conversation.error.value} /> : null}
        {turns.length === 0 && !conversation.isLoading.value ? (
          <Empty>{strings.sayHello}</Empty>
        ) : null}
        {turns.map((turn, index) => (
          <TurnView
            key={index}
            turn={turn}
            target={target}
            conversation={conversation}
            onEdit={() => void edit(turn)}
          />
        ))}
        {failure.value ? <Failure error={failure.value} /> : null}
      </div>
      <Composer target={target} conversation={conversation} draft={draft} />
    </>
  )
}

/** Keeps the end visible while an answer grows, unless the reader has scrolled away. */
function useFollowedEnd(conversation: Conversation) {
  const box = useRef<HTMLDivElement>(null)
  const { turns } = conversation
  const last = turns.value.at(-1)
  const isNear = useRef(true)
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const onScroll = () => {
      const { scrollHeight, scrollTop, clientHeight } = element
      isNear.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX
    }
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => element.removeEventListener('scroll', onScroll)
  }, [])
  useEffect(() => {
    const toEnd = () => {
      requestAnimationFrame(() => {
        if (isNear.current && box.current) box.current.scrollTop = box.current.scrollHeight
      })
    }
    isNear.current = true
    toEnd()
    return last?.version.subscribe(toEnd)
  }, [last])
  return box
}
