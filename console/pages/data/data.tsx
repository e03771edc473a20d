/** Page Data: sessions, memories, knowledge, traces, evals and approvals of all upstreams. */
import { useParams } from 'wouter-preact'
import { strings } from '../../strings.ts'
import { Approvals } from './approvals.tsx'
import { Evals } from './evals.tsx'
import { Knowledge } from './knowledge.tsx'
import { Memories } from './memories.tsx'
import { SessionDetail } from './session-detail.tsx'
import { Sessions } from './sessions.tsx'
import { TraceDetail } from './trace-detail.tsx'
import { Traces } from './traces.tsx'

const TABS = ['sessions', 'memories', 'knowledge', 'traces', 'evals', 'approvals'] as const

export function Data() {
  const { what = 'sessions', id } = useParams()
  return (
    <>
      <h1 class="sr">{strings.pages.data}</h1>
      <nav class="tabs" aria-label={strings.pages.data}>
        {TABS.map((tab) => (
          <a key={tab} href={`#/data/${tab}`} aria-current={tab === what ? 'page' : undefined}>
            {strings.data[tab]}
          </a>
        ))}
      </nav>
      <Tab what={what} id={id === undefined ? undefined : decodeURIComponent(id)} />
    </>
  )
}

function Tab({ what, id }: { readonly what: string; readonly id: string | undefined }) {
  switch (what) {
    case 'sessions':
      return id === undefined ? <Sessions /> : <SessionDetail id={id} />
    case 'memories':
      return <Memories />
    case 'knowledge':
      return <Knowledge />
    case 'traces':
      return id === undefined ? <Traces /> : <TraceDetail id={id} />
    case 'evals':
      return <Evals />
    default:
      return <Approvals />
  }
}
