/** Top bar: name of the gateway, freshness of the page, theme and caller. Names the window after page and gateway. */
import { useEffect } from 'preact/hooks'
import type { AccessView } from '../api/access.ts'
import { get } from '../api/http.ts'
import { isPaused, liveness, usePolled } from '../state/polling.ts'
import { switchTheme, theme } from '../state/theme.ts'
import { isTokenWanted, token } from '../state/token.ts'
import { strings } from '../strings.ts'
import { currentPage } from './pages.ts'

interface Identity {
  readonly name?: string
  readonly id: string
  readonly version: string
}

const IDENTITY_MS = 15_000

export function Bar({ access }: { readonly access: AccessView | undefined }) {
  const identity = usePolled((signal) => get<Identity>('', { signal }), IDENTITY_MS)
  const { name, id, version } = identity.value.value ?? { id: '', version: '' }
  const { subject: user, api_key: key, caller } = access ?? {}
  const subject = user ?? key ?? caller
  const title = strings.titleOf(currentPage.value?.[1], name ?? strings.product)
  useEffect(() => {
    document.title = title
  }, [title])
  return (
    <header class="bar">
      <a class="brand" href="#/">
        <img src="icon.svg" alt="" width="20" height="20" />
        <b>{name ?? strings.product}</b>
        <span class="dim wide-only">
          {id} · {version}
        </span>
      </a>
      <span class="grow" />
      <Liveness />
      <button type="button" class="small" onClick={switchTheme} title={strings.themeTitle}>
        {strings.themes[theme.value]}
      </button>
      <a
        class={isTokenWanted.value ? 'button small warn' : 'button small'}
        href="#/access"
        title={strings.accessTitle}
      >
        {isTokenWanted.value ? strings.tokenWanted : callerName(subject)}
      </a>
    </header>
  )
}

function callerName(subject: string | undefined): string {
  if (subject !== undefined && subject !== 'anonymous') return subject
  return token.value === '' ? strings.noToken : strings.withToken
}

function Liveness() {
  const state = isPaused.value ? 'paused' : liveness.value
  const toggle = () => {
    isPaused.value = !isPaused.value
  }
  return (
    <button
      type="button"
      class={`small live ${state}`}
      aria-pressed={isPaused.value}
      title={isPaused.value ? strings.resumeUpdates : strings.pauseUpdates}
      onClick={toggle}
    >
      <span aria-hidden="true">{state === 'live' ? '●' : state === 'paused' ? '❚❚' : '◐'}</span>{' '}
      {strings.liveness[state]}
    </button>
  )
}
