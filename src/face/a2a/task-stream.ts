/**
 * Translates the events of a run into the stream of an A2A task: the task itself first, then updates of its status and
 * its artifacts.
 *
 * @see https://a2a-protocol.org/latest/specification/ §3.1.2 "Send Streaming Message"
 */
import type { Part, Result } from '../../a2a/wire.ts'
import type { RunEnd } from '../collect-run.ts'
import type { FaceEvent } from '../face-events.ts'
import type { StreamTranslator } from '../translator.ts'
import { ANSWER_ID, answerArtifact, partsOfRest, productArtifacts } from './artifacts.ts'
import { eventMetadata } from './event-metadata.ts'
import { openTask, reframed } from './task.ts'
import type { TaskFrame } from './task-id.ts'
import { statusMessage } from './task-pause.ts'
import { isoTime, statusAtEnd, statusOf, timestampOf } from './task-state.ts'
import { usageOf } from './usage.ts'
import type { Wire } from './wire.ts'
import { resultFrame } from './wire.ts'

/** Streams one task. The answer is one artifact, to which each text event appends. */
export class TaskStream implements StreamTranslator {
  readonly #wire: Wire
  readonly #firstState: 'submitted' | 'working'
  #frame: TaskFrame
  #hasBegun = false
  #hasText = false

  /** @param firstState `working` for a task that an earlier request began */
  constructor(wire: Wire, frame: TaskFrame, firstState: 'submitted' | 'working' = 'submitted') {
    this.#wire = wire
    this.#firstState = firstState
    this.#frame = frame
  }

  push(event: FaceEvent): string {
    if (event.type === 'started') {
      this.#frame = reframed(this.#frame, event.runId, event.sessionId)
    }
    const begun = this.#begin(event)
    switch (event.type) {
      case 'text':
        return begun + (event.member ? '' : this.#text(event.text))
      case 'paused':
      case 'completed':
      case 'cancelled':
      case 'failed':
        return begun + this.#end(event)
      default:
        return begun + this.#working(event)
    }
  }

  fail(message: string, code: string): string {
    const { taskId, contextId } = this.#frame
    const text = statusMessage(taskId, contextId, [{ kind: 'text', text: message }])
    const status = statusOf('failed', isoTime(undefined), text)
    return this.#begin(undefined) + this.#status(status, true, { code })
  }

  #begin(event: FaceEvent | undefined): string {
    if (this.#hasBegun) return ''
    this.#hasBegun = true
    const time = event ? timestampOf(event) : isoTime(undefined)
    const task = this.#write(openTask(this.#frame, statusOf(this.#firstState, time)))
    if (this.#firstState === 'working') return task
    return task + this.#status(statusOf('working', time), false)
  }

  #text(text: string): string {
    const append = this.#hasText
    this.#hasText = true
    return this.#artifact([{ kind: 'text', text }], append, false)
  }

  /** Reasoning is a message of the status; tool calls and steps are metadata. */
  #working(event: FaceEvent): string {
    if (event.type === 'reasoning' && !event.member) {
      const { taskId, contextId } = this.#frame
      const message = statusMessage(taskId, contextId, [{ kind: 'text', text: event.text }])
      const metadata = { agno_content_category: 'reasoning' }
      const status = statusOf('working', timestampOf(event), { ...message, metadata })
      return this.#status(status, false)
    }
    const metadata = eventMetadata(event)
    return metadata ? this.#status(statusOf('working', timestampOf(event)), false, metadata) : ''
  }

  #end(end: RunEnd): string {
    const { taskId, contextId } = this.#frame
    const status = statusAtEnd(end, taskId, contextId)
    if (end.type === 'failed')
      return this.#closeText() + this.#status(status, true, { code: end.code })
    if (end.type !== 'completed') return this.#closeText() + this.#status(status, true)
    const { result, rest } = end
    const parts = partsOfRest(result, rest)
    const answer = parts.length > 0 ? this.#artifact(parts, false, true) : this.#closeText()
    const products = productArtifacts(result.products).map((artifact) =>
      this.#write({ ...this.#update('artifact-update'), artifact, append: false, lastChunk: true }),
    )
    const usage = result.usage && { usage: usageOf(result.usage) }
    return answer + products.join('') + this.#status(status, true, usage)
  }

  /** Clients read a whole artifact at its last chunk. */
  #closeText(): string {
    return this.#hasText ? this.#artifact([{ kind: 'text', text: '' }], true, true) : ''
  }

  #artifact(parts: Part[], append: boolean, lastChunk: boolean): string {
    const artifact = append ? { artifactId: ANSWER_ID, parts } : answerArtifact(parts)
    return this.#write({ ...this.#update('artifact-update'), artifact, append, lastChunk })
  }

  #status(
    status: ReturnType<typeof statusOf>,
    final: boolean,
    metadata?: Record<string, unknown>,
  ): string {
    return this.#write({
      ...this.#update('status-update'),
      status,
      final,
      ...(metadata && { metadata }),
    })
  }

  #update<Kind extends 'status-update' | 'artifact-update'>(kind: Kind) {
    const { taskId, contextId } = this.#frame
    return { kind, taskId, contextId }
  }

  #write(result: Result): string {
    return resultFrame(this.#wire, result)
  }
}
