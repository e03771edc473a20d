/** Head of the playground: the component, and the three views of the conversation. */
import { getComponent } from '../../api/components.ts'
import type { Target } from '../../api/runs.ts'
import { Badge } from '../../components/ui.tsx'
import type { Conversation } from '../../state/conversation.ts'
import { setQuery } from '../../state/location.ts'
import { usePolled } from '../../state/polling.ts'
import { strings } from '../../strings.ts'

const CARD_MS = 60_000
const TABS = ['chat', 'events', 'request'] as const

interface PlayHeadProps {
  readonly target: Target
  readonly conversation: Conversation
  readonly tab: string
}

export function PlayHead({ target, conversation, tab }: PlayHeadProps) {
  const card = usePolled(() => getComponent(target.kind, target.id), CARD_MS, [target.id])
  const { name = target.id, description = '', model = '' } = card.value.value ?? {}
  const events = conversation.turns.value.reduce((sum, turn) => {
    turn.version.value
    return sum + turn.received
  }, 0)
  return (
    <header class="play-head">
      <div>
        <a href="#/play" class="back" title={strings.chooseComponent}>
          ←<span class="sr"> {strings.chooseComponent}</span>
        </a>{' '}
        <Badge tone="info">{strings.singular[target.kind]}</Badge> <b>{name}</b>{' '}
        <span class="dim clip">{[description, model].filter(Boolean).join(' · ')}</span>
      </div>
      <div class="tabs" role="toolbar" aria-label={strings.views}>
        {TABS.map((each) => (
          <button
            type="button"
            key={each}
            aria-pressed={each === tab}
            onClick={() => setQuery({ view: each === 'chat' ? '' : each })}
          >
            {strings.playTabs[each]}
            {each === 'events' && events > 0 ? <span class="pill">{events}</span> : null}
          </button>
        ))}
      </div>
    </header>
  )
}
