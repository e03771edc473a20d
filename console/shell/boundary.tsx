/** Limits a failure to its page. When an upgrade has removed a chunk, it reloads the console once. */
import { Component, type ComponentChildren } from 'preact'
import { Loading } from '../components/ui.tsx'
import { strings } from '../strings.ts'

const RELOADED = 'agentos-gateway.reloaded'
/** Time after a reload in which a second failure is shown instead of reloading again, in milliseconds. */
const RELOAD_PAUSE_MS = 30_000

interface State {
  readonly error: Error | undefined
  readonly isReloading: boolean
}

const WHOLE: State = { error: undefined, isReloading: false }

export class Boundary extends Component<{ children: ComponentChildren }, State> {
  override state = WHOLE

  override componentDidCatch(error: Error): void {
    const isReloading = isChunkFailure(error) && !hasJustReloaded()
    this.setState({ error, isReloading })
    if (isReloading) void this.#reload(error)
  }

  async #reload(error: Error): Promise<void> {
    this.setState({ error, isReloading: true })
    // Without the gateway, the browser would replace the console by an error page.
    const page = await fetch(document.baseURI, { cache: 'no-store' }).catch(() => undefined)
    if (page?.ok) reload()
    else this.setState({ error, isReloading: false })
  }

  override render() {
    const { error, isReloading } = this.state
    if (error === undefined) return this.props.children
    if (isReloading) return <Loading />
    const isChunk = isChunkFailure(error)
    // A browser may keep the failure of an import until the console is reloaded.
    const tryAgain = () => (isChunk ? void this.#reload(error) : this.setState(WHOLE))
    return (
      <div class="notice bad" role="alert">
        <p>
          <strong>{strings.pageBroke}</strong> {isChunk ? strings.pageNotLoaded : error.message}
        </p>
        <button type="button" onClick={tryAgain}>
          {strings.tryAgain}
        </button>
      </div>
    )
  }
}

function isChunkFailure({ message }: Error): boolean {
  return /dynamically imported module|module script failed/i.test(message)
}

function hasJustReloaded(): boolean {
  try {
    return Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < RELOAD_PAUSE_MS
  } catch {
    return true
  }
}

function reload(): void {
  try {
    sessionStorage.setItem(RELOADED, String(Date.now()))
  } catch {
    // Then only the reader reloads.
  }
  location.reload()
}
