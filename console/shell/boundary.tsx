/** Limits a failure to its page. When an upgrade has removed a chunk, it reloads the console once. */
import { Component, type ComponentChildren } from 'preact'
import { Loading } from '../components/ui.tsx'
import { strings } from '../strings.ts'

const RELOADED = 'agentos-gateway.reloaded'
/** Time after a reload in which a second failure is shown instead of reloading again, in milliseconds. */
const RELOAD_PAUSE_MS = 30_000
/** Pause between attempts to reach the gateway, in milliseconds. */
const RETRY_MS = 2_000

interface State {
  readonly error: Error | undefined
  readonly isReloading: boolean
}

const WHOLE: State = { error: undefined, isReloading: false }

export class Boundary extends Component<{ children: ComponentChildren }, State> {
  override state = WHOLE
  #timer = 0
  #isGone = false

  override componentWillUnmount(): void {
    this.#isGone = true
    clearTimeout(this.#timer)
  }

  override componentDidCatch(error: Error): void {
    const isReloading = isChunkFailure(error) && !hasJustReloaded()
    this.setState({ error, isReloading })
    if (isReloading) void this.#reload()
  }

  /** Waits for the gateway: without it, the browser would replace the console by an error page. */
  async #reload(): Promise<void> {
    clearTimeout(this.#timer)
    const page = await fetch(document.baseURI, { cache: 'no-store' }).catch(() => undefined)
    // The reader is on another page.
    if (this.#isGone) return
    if (page?.ok) return reload()
    this.setState({ isReloading: false })
    this.#timer = window.setTimeout(() => void this.#reload(), RETRY_MS)
  }

  override render() {
    const { error, isReloading } = this.state
    if (error === undefined) return this.props.children
    if (isReloading) return <Loading />
    const isChunk = isChunkFailure(error)
    // A browser may keep the failure of an import until the console is reloaded.
    const tryAgain = () => {
      this.setState(isChunk ? { isReloading: true } : WHOLE)
      if (isChunk) void this.#reload()
    }
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
