/**
 * Translates the events of a run into the stream of AgentOS's own A2A interface: a message for each text event, then the
 * last status and the whole task. Unlike an AgentOS, it says `input-required` for a paused run and `failed` for a
 * failed one.
 */
import type { Result, Task } from '../../a2a/wire.ts'
import type { RunEnd } from '../collect-run.ts'
import type { FaceEvent } from '../face-events.ts'
import type { StreamTranslator } from '../translator.ts'
import { agentMessage, agentOsTask } from './agentos-task.ts'
import { eventMetadata } from './event-metadata.ts'
import { reframed } from './task.ts'
import type { TaskFrame } from './task-id.ts'
import { statusMessage } from './task-pause.ts'
import { isoTime, statusAtEnd, statusOf } from './task-state.ts'
import type { Wire } from './wire.ts'
import { resultFrame } from './wire.ts'

type Dict = Record<string, unknown>

export class AgentOsStream implements StreamTranslator {
  readonly #wire: Wire
  #frame: TaskFrame
  readonly #text: string[] = []
  #hasBegun = false

  constructor(wire: Wire, frame: TaskFrame) {
    this.#wire = wire
    this.#frame = frame
  }

  push(event: FaceEvent): string {
    if (event.type === 'started') {
      this.#frame = reframed(this.#frame, event.runId, event.sessionId)
    }
    const begun = this.#begin()
    switch (event.type) {
      case 'text':
        // AgentOS sends the text of members, too.
        if (event.member === undefined) this.#text.push(event.text)
        return begun + this.#message(event.text, { agno_content_category: 'content' })
      case 'reasoning':
        return begun + this.#message(event.text, { agno_content_category: 'reasoning' })
      case 'paused':
      case 'completed':
      case 'cancelled':
      case 'failed':
        return begun + this.#end(event)
      default: {
        const metadata = eventMetadata(event)
        return begun + (metadata ? this.#status({ state: 'working' }, false, metadata) : '')
      }
    }
  }

  fail(message: string, code: string): string {
    const { taskId, contextId } = this.#frame
    const text = statusMessage(taskId, contextId, [{ kind: 'text', text: message }])
    const status = statusOf('failed', isoTime(undefined), text)
    return this.#begin() + this.#last(status, undefined, { code })
  }

  #begin(): string {
    if (this.#hasBegun) return ''
    this.#hasBegun = true
    return this.#status({ state: 'working' }, false)
  }

  #end(end: RunEnd): string {
    const { taskId, contextId } = this.#frame
    if (end.type === 'completed') this.#text.push(end.rest)
    const metadata = end.type === 'cancelled' ? { agno_event_type: 'run_cancelled' } : undefined
    return this.#last(statusAtEnd(end, taskId, contextId), end, metadata)
  }

  #last(status: Task['status'], end: RunEnd | undefined, metadata?: Dict): string {
    const result = end?.type === 'completed' ? end.result : undefined
    const task = agentOsTask(this.#frame, status, { text: this.#text.join(''), result })
    return this.#status(status, true, metadata) + this.#write(task)
  }

  #message(text: string, metadata: Dict): string {
    return this.#write(agentMessage(this.#frame, [{ kind: 'text', text }], metadata))
  }

  #status(status: Task['status'], final: boolean, metadata?: Dict): string {
    const { taskId, contextId } = this.#frame
    return this.#write({
      kind: 'status-update',
      taskId,
      contextId,
      status,
      final,
      ...(metadata && { metadata }),
    })
  }

  #write(result: Result): string {
    return resultFrame(this.#wire, result)
  }
}
