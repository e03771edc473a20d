/** Page Playground: a conversation with one component in one session. */
import { useEffect, useMemo } from 'preact/hooks'
import { useParams } from 'wouter-preact'
import type { Target } from '../../api/runs.ts'
import type { Kind } from '../../api/types.ts'
import { KINDS } from '../../api/types.ts'
import { Conversation } from '../../state/conversation.ts'
import { query, setQuery } from '../../state/location.ts'
import { strings } from '../../strings.ts'
import { Chat } from './chat.tsx'
import { EventsView } from './events-view.tsx'
import { Picker } from './picker.tsx'
import { PlayHead } from './play-head.tsx'
import { RequestView } from './request-view.tsx'
import { SessionList } from './session-list.tsx'

export function Play() {
  const { kind, id } = useParams()
  const known = KINDS.find((each) => each === kind)
  if (known === undefined || id === undefined) return <Picker />
  const target = { kind: known as Kind, id: decodeURIComponent(id) }
  const session = query.value.get('session') ?? ''
  // The first run opens a session without starting another conversation; only a chosen session does.
  const chosen = query.value.get('talk') ?? (session || 'new')
  return <Talk key={`${target.kind}/${target.id} ${chosen}`} target={target} session={session} />
}

interface TalkProps {
  readonly target: Target
  readonly session: string
}

function Talk({ target, session }: TalkProps) {
  const conversation = useMemo(() => new Conversation(target, session), [])
  useEffect(() => {
    void conversation.load(query.value.get('run') ?? undefined)
    // Puts a new session in the address, so that a reload shows it again.
    const follow = conversation.sessionId.subscribe((id) => {
      const isNew = id !== '' && id !== query.value.get('session')
      if (isNew) setQuery({ session: id, talk: query.value.get('talk') ?? 'new' })
    })
    return () => {
      follow()
      conversation.leave()
    }
  }, [])
  const tab = query.value.get('view') ?? 'chat'
  return (
    <div class="play">
      <h1 class="sr">{strings.pages.play}</h1>
      <SessionList target={target} conversation={conversation} />
      <div class="play-main">
        <PlayHead target={target} conversation={conversation} tab={tab} />
        {tab === 'events' ? (
          <EventsView conversation={conversation} />
        ) : tab === 'request' ? (
          <RequestView target={target} conversation={conversation} />
        ) : (
          <Chat target={target} conversation={conversation} />
        )}
      </div>
    </div>
  )
}
