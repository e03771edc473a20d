/** Holds one run: its state, and the log of events that clients follow. */
import { randomUUID } from 'node:crypto'
import type { Component } from './components.ts'
import type { ToolWish } from './scripts.ts'
import { nowSeconds } from './time.ts'

export type Status = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'PAUSED' | 'CANCELLED' | 'ERROR'

/** One event, in the form sent to the client; `event` names it. */
export type RunEvent = { event: string } & Record<string, unknown>

/** A tool call in the 20 fields AgentOS gives it. */
export type ToolExecution = { tool_call_id: string; confirmed: boolean | null } & Record<
  string,
  unknown
>

/** A decision that is kept for administrators. */
export interface Approval {
  id: string
  status: 'pending' | 'approved' | 'rejected'
  resolvedBy?: string
  /** Unix seconds. */
  resolvedAt?: number
}

/** A decision that a paused run waits for. */
export interface Requirement {
  id: string
  createdAt: string
  tool: ToolExecution
  wish: ToolWish
  /** Where an administrator decides, not the caller. */
  approval?: Approval
  /** Set when a person has decided. */
  isGranted?: boolean
}

/** Input of a run. */
export interface RunInput {
  message: string
  sessionId: string
  userId?: string | undefined
  /** A background run continues without its client, and its events have an `event_index`. */
  background: boolean
}

/** The events of one part of a run: from the start or a continue to the next pause or the end. */
export class EventLog {
  readonly events: RunEvent[] = []
  #isClosed = false
  #change = Promise.withResolvers<void>()

  push(event: RunEvent): void {
    this.events.push(event)
    this.#wake()
  }

  /** Ends every follower after the remaining events. */
  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  /** Yields each event from index `from`, until the log is closed. */
  async *follow(from = 0): AsyncGenerator<[index: number, event: RunEvent]> {
    for (let index = from; ; index++) {
      while (this.events[index] === undefined) {
        if (this.#isClosed) return
        await this.#change.promise
      }
      const event = this.events[index]
      if (event) yield [index, event]
    }
  }

  #wake(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers<void>()
  }
}

export class Run {
  readonly id: string = randomUUID()
  readonly createdAt = nowSeconds()
  /** Milliseconds since 1970. */
  readonly startedAt = Date.now()
  endedAt: number | undefined
  readonly component: Component
  readonly message: string
  readonly sessionId: string
  readonly userId: string | undefined
  /** Ids of the team's or workflow's run, and of the step, that this run is part of. */
  readonly parent: { runId: string; stepId?: string } | undefined
  readonly messages: Record<string, unknown>[] = []
  readonly stepResults: Record<string, unknown>[] = []
  /** Runs of team members, or of the agents in steps. */
  readonly childRuns: Run[] = []
  status: Status = 'PENDING'
  content: string | undefined
  requirement: Requirement | undefined
  log = new EventLog()
  /** Whether the events of the current part have an `event_index` and can be resumed. */
  isIndexed: boolean
  inputTokens = 0
  outputTokens = 0
  #abort = new AbortController()
  readonly #startedMs = performance.now()
  #firstTokenMs: number | undefined
  #durationMs: number | undefined

  constructor(component: Component, input: RunInput, parent?: { runId: string; stepId?: string }) {
    this.component = component
    this.message = input.message
    this.sessionId = input.sessionId
    this.userId = input.userId
    this.isIndexed = input.background
    this.parent = parent
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Stops the run at its next word; does not change a run that has ended. */
  cancel(): void {
    this.#abort.abort()
  }

  /** Prepares the part after a pause: an empty log with indexes from 0. */
  reopen(): void {
    this.log = new EventLog()
    this.isIndexed = true
    this.#abort = new AbortController()
  }

  /** Adds a chat message to the stored run. */
  addMessage(role: string, fields: Record<string, unknown>): void {
    const flags = { from_history: false, stop_after_tool_call: false }
    this.messages.push({ id: randomUUID(), ...flags, role, created_at: nowSeconds(), ...fields })
  }

  /** Records the time of the first word. */
  spoke(): void {
    this.#firstTokenMs ??= performance.now() - this.#startedMs
  }

  /** Ends the run or its current part, with its content. */
  finish(status: Status, content: string | undefined): void {
    this.status = status
    this.content = content
    this.#durationMs = performance.now() - this.#startedMs
    this.endedAt = Date.now()
  }

  /** Seconds to the first word and to the end, in AgentOS's names. */
  timing(): { time_to_first_token?: number; duration?: number } {
    return {
      ...(this.#firstTokenMs !== undefined && { time_to_first_token: this.#firstTokenMs / 1000 }),
      ...(this.#durationMs !== undefined && { duration: this.#durationMs / 1000 }),
    }
  }
}
