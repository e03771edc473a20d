/** Turns the updates of a streamed task into the events of an AgentOS run. */
import { isObject } from '../json/is-object.ts'
import { agnoEvent, isOfAgents } from './agno-events.ts'
import type { NamedIds } from './output.ts'
import { awaitedTools, contentOf, mediaOf, metricsOf, stateOf } from './output.ts'
import type { MediaLists } from './parts.ts'
import { collectMedia, textOf, toolStepsIn } from './parts.ts'
import type { A2aComponent } from './target.ts'
import { componentFields, eventName, isInnerEvent } from './target.ts'
import { Transcript } from './transcript.ts'
import type {
  Message,
  Result,
  Task,
  TaskArtifactUpdateEvent,
  TaskState,
  TaskStatusUpdateEvent,
} from './wire.ts'
import { partsOf, TERMINAL_STATES, textIn } from './wire.ts'

type Dict = Record<string, unknown>

const WAITING: ReadonlySet<TaskState> = new Set(['input-required', 'auth-required'])

/**
 * Translates one streamed run. Each method returns event-stream text for the caller, or an empty string. Only {@link
 * end} returns the last event: an AgentOS first sends the final status and then the task with the result.
 */
export class TaskEvents {
  readonly #target: A2aComponent
  readonly #naming: Dict
  readonly #inner: Dict
  readonly #transcript = new Transcript()
  readonly #media: MediaLists = {}
  #runId: string | undefined
  #sessionId: string | undefined
  #hasStarted = false
  #hasAnswered = false
  #state: TaskState | undefined
  /** Message of the last status update. */
  #message: Message | undefined
  #metadata: Dict | undefined
  #final: Task | undefined

  constructor(target: A2aComponent, namedIds: NamedIds) {
    this.#target = target
    this.#naming = componentFields(target)
    this.#inner = { agent_id: target.id, agent_name: target.name }
    this.#runId = namedIds.taskId
    this.#sessionId = namedIds.sessionId
  }

  /** The run has ended; only its result may still follow. */
  get isSettled(): boolean {
    return this.#state !== undefined && TERMINAL_STATES.has(this.#state)
  }

  /** @throws {GatewayError} `AGW_UPSTREAM_PROTOCOL` when the run's text grows beyond its limit */
  push(result: Result): string {
    if (result.kind === 'task') return this.#onTask(result)
    if (result.kind === 'message') return this.#onMessage(result)
    if (result.kind === 'artifact-update') return this.#onArtifact(result)
    return result.kind === 'status-update' ? this.#onStatus(result) : ''
  }

  /**
   * Returns the last event of a stream that has ended cleanly.
   *
   * @returns undefined when the server has sent neither an answer nor a terminal state
   */
  end(): string | undefined {
    const state = this.#state ?? 'unknown'
    if (state === 'failed' || state === 'rejected')
      return this.fail(this.#reason || `Task ${state}`)
    if (state === 'canceled') {
      const reason = textIn(this.#metadata, 'reason') ?? this.#reason
      return this.#event('RunCancelled', { reason, content: this.#transcript.text })
    }
    if (WAITING.has(state)) return this.#paused()
    // Some servers close the stream without a terminal state.
    if (state !== 'completed' && !this.#hasAnswered) return undefined
    return this.#completed()
  }

  /** Returns the last event of a failed run. */
  fail(reason: string): string {
    return this.#event('RunError', { content: reason, error: reason, error_type: 'a2a_error' })
  }

  get #reason(): string {
    const messageText = textOf(partsOf(this.#message))
    return messageText || (this.#final === undefined ? '' : contentOf(this.#final))
  }

  #onTask(task: Task): string {
    const begun = this.#begin(task.id, task.contextId)
    const state = stateOf(task)
    if (!this.isSettled) this.#state = state
    if (!TERMINAL_STATES.has(state) && !WAITING.has(state)) return begun
    this.#final = task
    this.#message ??= task.status?.message
    if (state !== 'completed') return begun
    return begun + this.#content(this.#transcript.whole(contentOf(task)))
  }

  #onMessage(message: Message): string {
    const begun = this.#begin(message.taskId ?? message.messageId, message.contextId)
    const text = textOf(partsOf(message))
    if (textIn(message.metadata, 'agno_content_category') === 'reasoning') {
      const members = { reasoning_content: text, content_type: 'str' }
      return begun + this.#event('ReasoningStep', members)
    }
    collectMedia(this.#media, partsOf(message))
    this.#hasAnswered = true
    return begun + this.#content(this.#transcript.piece(text))
  }

  #onArtifact({ artifact, append, taskId, contextId }: TaskArtifactUpdateEvent): string {
    const begun = this.#begin(taskId, contextId)
    if (!isObject(artifact)) return begun
    const parts = partsOf(artifact)
    collectMedia(this.#media, parts, artifact.name)
    this.#hasAnswered = true
    const newText = this.#transcript.artifact(artifact.artifactId, textOf(parts), append === true)
    return begun + this.#content(newText)
  }

  #onStatus({ status, metadata, taskId, contextId }: TaskStatusUpdateEvent): string {
    let events = this.#begin(taskId, contextId)
    const state = status?.state ?? 'unknown'
    // After a failure AgentOS sends statuses of two tasks; the first status counts.
    if (!this.isSettled) this.#state = state
    const message = status?.message
    if (TERMINAL_STATES.has(state) || WAITING.has(state)) {
      this.#message = message ?? this.#message
      this.#metadata = metadata ?? this.#metadata
    }
    const newText = agnoEvent(metadata)
    if (newText) events += this.#event(newText.name, newText.members, isOfAgents(metadata))
    if (message === undefined || state === 'failed' || state === 'rejected') return events
    const parts = partsOf(message)
    for (const { isCompleted, isAwaited, tool } of toolStepsIn(parts)) {
      if (!isAwaited)
        events += this.#event(isCompleted ? 'ToolCallCompleted' : 'ToolCallStarted', { tool })
    }
    const text = textOf(parts)
    if (text === '' || state === 'canceled') return events
    this.#hasAnswered = true
    return events + this.#content(this.#transcript.status(text))
  }

  /** Returns the first event, once the run's id is known. */
  #begin(taskId: string | undefined, contextId: string | undefined): string {
    if (this.#hasStarted) return ''
    this.#hasStarted = true
    this.#runId = taskId || this.#runId
    this.#sessionId = contextId || this.#sessionId
    return this.#event('RunStarted', {})
  }

  #content(text: string): string {
    return text === '' ? '' : this.#event('RunContent', { content: text, content_type: 'str' })
  }

  #paused(): string {
    const task = { status: { state: 'input-required', message: this.#message } } as Task
    const tools = awaitedTools(task)
    return this.#event('RunPaused', {
      content: this.#reason || this.#transcript.text,
      ...(this.#target.kind === 'workflows' && { status: 'PAUSED' }),
      ...(tools.length > 0 && { tools }),
    })
  }

  #completed(): string {
    const final = this.#final
    const content = final === undefined ? '' : contentOf(final)
    const media = final === undefined ? {} : mediaOf(final)
    const { agno_event_type: _, ...metadata } = this.#metadata ?? final?.metadata ?? {}
    return this.#event('RunCompleted', {
      content: this.#transcript.artifacts || content || this.#transcript.text,
      content_type: 'str',
      ...this.#media,
      ...media,
      ...(Object.keys(metadata).length > 0 && { metadata }),
      ...(final !== undefined && metricsOf(final)),
    })
  }

  /** @param isOfKind it bears the name that the kind of component gives it */
  #event(agentEvent: string, members: Dict, isOfKind = true): string {
    const { kind } = this.#target
    const event = isOfKind ? eventName(kind, agentEvent) : agentEvent
    const data = {
      created_at: Math.floor(Date.now() / 1000),
      event,
      ...(isInnerEvent(kind, agentEvent) && isOfKind && this.#inner),
      ...this.#naming,
      run_id: this.#runId,
      session_id: this.#sessionId,
      ...members,
    }
    return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
  }
}
