/** Limits a failure to its page. When an upgrade has removed a chunk, it reloads the page once. */
import { Component, type ComponentChildren } from 'preact'
import { strings } from '../strings.ts'

const RELOADED = 'agentos-gateway.reloaded'
/** Time after a reload in which a second failure is shown instead of reloading again, in milliseconds. */
const RELOAD_PAUSE_MS = 30_000

interface State {
  readonly error: Error | undefined
}

export class Boundary extends Component<{ children: ComponentChildren }, State> {
  override state: State = { error: undefined }

  override componentDidCatch(error: Error): void {
    if (isChunkFailure(error) && reloadOnce()) return
    this.setState({ error })
  }

  override render() {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return (
      <div class="notice bad" role="alert">
        <p>
          <strong>{strings.pageBroke}</strong> {error.message}
        </p>
        <button type="button" onClick={() => this.setState({ error: undefined })}>
          {strings.tryAgain}
        </button>
      </div>
    )
  }
}

function isChunkFailure({ message }: Error): boolean {
  return /dynamically imported module|module script failed/i.test(message)
}

function reloadOnce(): boolean {
  try {
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0)
    if (Date.now() - last < RELOAD_PAUSE_MS) return false
    sessionStorage.setItem(RELOADED, String(Date.now()))
  } catch {
    return false
  }
  location.reload()
  return true
}
