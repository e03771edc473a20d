/** Translates the events of a run into `chat.completion.chunk` objects. */
import type { FaceEvent, RunResult, Usage } from '../face-events.ts'
import type { Pause } from '../pause.ts'
import type { StreamTranslator } from '../translator.ts'
import { frame } from '../translator.ts'
import { openAiError } from './error-shape.ts'
import type { OutputTool } from './output-tool.ts'
import { outputCall } from './output-tool.ts'
import type { PauseStyle } from './pause-calls.ts'
import { functionCalls, pauseText, requirementsOf } from './pause-calls.ts'
import { productsMarkdown, urlCitations } from './products.ts'
import { chatUsage } from './usage.ts'

/** Options from the caller's request. */
export interface ChatStreamOptions {
  /** The model name in the caller's request. */
  readonly model: string
  readonly pauseStyle: PauseStyle
  /** Tool whose call contains the answer. */
  readonly outputTool?: OutputTool | undefined
  /** Distinguishes the answers of a run that was paused. */
  readonly continuation?: string | undefined
  /** `stream_options.include_usage`. */
  readonly includesUsage: boolean
  /** Seconds since 1970. */
  readonly created: number
}

const DONE = frame('[DONE]')

/** Id of a chat completion, which differs for each answer of one run. */
export function completionId(runId: string, continuation: string | undefined): string {
  return `chatcmpl-${runId}${continuation === undefined ? '' : `-${continuation}`}`
}

/**
 * Translates one run. The agent's own tool calls never appear as `tool_calls`: the caller would try to run them.
 * `[DONE]` comes once, and never after an error.
 */
export class ChatStream implements StreamTranslator {
  readonly #options: ChatStreamOptions
  #runId = ''
  #sessionId = ''
  #hasRole = false
  /** The text of a chunk before its delta. Built once, because a stream may have thousands of chunks. */
  #head = ''

  constructor(options: ChatStreamOptions) {
    this.#options = options
  }

  push(event: FaceEvent): string {
    switch (event.type) {
      case 'started': {
        this.#runId = event.runId
        this.#sessionId = event.sessionId
        return this.#withRole('')
      }
      case 'text':
        return event.member || this.#options.outputTool ? '' : this.#delta({ content: event.text })
      case 'reasoning':
        return event.member ? '' : this.#delta({ reasoning_content: event.text })
      case 'paused':
        return this.#paused(event.pause, event.usage)
      case 'completed':
        return this.#completed(event.result, event.rest)
      case 'cancelled':
        return this.#end('stop', { status: 'cancelled' }, undefined)
      case 'failed':
        return this.fail(event.message, event.code)
      default:
        return ''
    }
  }

  fail(message: string, code: string): string {
    return frame(JSON.stringify({ error: openAiError(500, message, code) }))
  }

  #paused(pause: Pause, usage: Usage | undefined): string {
    this.#runId = pause.runId
    this.#sessionId = pause.sessionId
    const calls = functionCalls(pause, this.#options.pauseStyle)
    const facts = { status: 'paused', requirements: requirementsOf(pause) }
    if (calls === undefined) {
      return this.#delta({ content: pauseText(pause) }) + this.#end('stop', facts, usage)
    }
    const indexed = calls.map((call, index) => ({ index, ...call }))
    return this.#delta({ tool_calls: indexed }) + this.#end('tool_calls', facts, usage)
  }

  #completed(result: RunResult, rest: string): string {
    const { outputTool } = this.#options
    const call = outputTool && outputCall(outputTool, this.#runId, result.text)
    if (call) {
      const called = this.#delta({ tool_calls: [{ index: 0, ...call }] })
      return called + this.#end('tool_calls', { status: 'completed' }, result.usage)
    }
    const text = (outputTool ? result.text : rest) + productsMarkdown(result.products)
    const annotations = urlCitations(result)
    const said = text === '' ? '' : this.#delta({ content: text })
    const cited = annotations.length === 0 ? '' : this.#delta({ annotations })
    return said + cited + this.#end('stop', { status: 'completed' }, result.usage)
  }

  #delta(delta: object): string {
    return this.#withRole(
      `${this.#chunkHead()}${JSON.stringify(delta)},"finish_reason":null}]}\n\n`,
    )
  }

  /** Adds the role to the first chunk. */
  #withRole(frames: string): string {
    if (this.#hasRole) return frames
    this.#hasRole = true
    return this.#delta({ role: 'assistant', content: '' }) + frames
  }

  #end(reason: string, facts: object, usage: Usage | undefined): string {
    const ids = { run_id: this.#runId, session_id: this.#sessionId }
    const choices = [{ index: 0, delta: {}, finish_reason: reason }]
    const last = frame(
      JSON.stringify({ ...this.#base(), choices, x_agentos: { ...ids, ...facts } }),
    )
    const counts = this.#options.includesUsage && usage ? this.#usage(usage) : ''
    return this.#withRole(last) + counts + DONE
  }

  #usage(usage: Usage): string {
    return frame(JSON.stringify({ ...this.#base(), choices: [], usage: chatUsage(usage) }))
  }

  #chunkHead(): string {
    if (this.#head !== '' && this.#runId !== '') return this.#head
    const text = JSON.stringify({ ...this.#base(), choices: [{ index: 0 }] })
    this.#head = `data: ${text.slice(0, -'}]}'.length)},"delta":`
    return this.#head
  }

  #base() {
    const { model, created, continuation } = this.#options
    const id = completionId(this.#runId, continuation)
    return { id, object: 'chat.completion.chunk', created, model }
  }
}
