/** A run of the fake AgentOS: it produces events on its own schedule for any number of listeners. */

export type RunEvent = Readonly<Record<string, unknown>> & { readonly event: string }

export interface RunPlan {
  /** Number of events between the first and the last. */
  readonly events: number
  readonly everyMs: number
  /** Number of the event inside which the run stops; -1 for none. */
  readonly halt: number
  /** Continues without its caller, numbers its events and keeps them. */
  readonly isBackground: boolean
  onEnd(): void
  onHalt(): void
}

/** Receives the events of a run. */
export interface Listener {
  write(text: string): void
  end(): void
}

/** Formats one event as AgentOS does. */
export function eventText(event: RunEvent): string {
  return `event: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`
}

export class Run {
  readonly id: string
  readonly isBackground: boolean
  isOver = false
  readonly #plan: RunPlan
  readonly #texts: string[] = []
  readonly #listeners = new Set<Listener>()
  #timer: NodeJS.Timeout | undefined

  constructor(id: string, plan: RunPlan) {
    this.id = id
    this.isBackground = plan.isBackground
    this.#plan = plan
  }

  get summary() {
    return { run_id: this.id, session_id: `s-${this.id}`, agent_id: 'echo' }
  }

  begin(): void {
    const { events, everyMs, halt, onHalt } = this.#plan
    const index = this.#texts.length
    const isLast = index === events + 1
    const text = this.#textOf(index, isLast)
    if (index === halt) {
      for (const listener of this.#listeners) listener.write(text.slice(0, 20))
      onHalt()
      return
    }
    this.#texts.push(text)
    for (const listener of this.#listeners) listener.write(text)
    if (isLast) this.#end()
    else if (everyMs === 0) this.begin()
    else this.#timer = setTimeout(() => this.begin(), everyMs)
  }

  #textOf(index: number, isLast: boolean): string {
    const event = index === 0 ? 'RunStarted' : isLast ? 'RunCompleted' : 'RunContent'
    const count = this.isBackground ? { event_index: index } : {}
    return eventText({ event, ...this.summary, content: `part ${index}`, ...count })
  }

  #end(): void {
    this.isOver = true
    this.#plan.onEnd()
    for (const listener of this.#listeners) listener.end()
    this.#listeners.clear()
  }

  cancel(): void {
    clearTimeout(this.#timer)
    if (!this.isOver) this.#end()
  }

  /** Sends the events after an index and then the live ones. @returns a function that unsubscribes */
  subscribe(lastIndex: number, listener: Listener): () => void {
    const missed = this.#texts.slice(lastIndex + 1)
    if (missed.length > 0) listener.write(missed.join(''))
    if (this.isOver) listener.end()
    else this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
