/** Translates the events of a run into the numbered stream events of `/v1/responses`. */
import type { ToolExecution } from '../../client/run-types.ts'
import type { FaceEvent, RunResult, Usage } from '../face-events.ts'
import type { StreamTranslator } from '../translator.ts'
import { frame } from '../translator.ts'
import { itemEvents } from './item-events.ts'
import { itemId } from './item-id.ts'
import { productsMarkdown } from './products.ts'
import type { ResponseReference } from './response-id.ts'
import type { OutputItem, ResponseFrame, ResponseState } from './response-object.ts'
import {
  messageItem,
  outputItem,
  pauseItems,
  reasoningItem,
  responseObject,
  textPart,
  toolItem,
} from './response-object.ts'

/** Options of the stream. */
export interface ResponseStreamOptions {
  readonly frame: ResponseFrame
  /** Session and run may be unknown at first: the first event supplies them. */
  readonly reference: ResponseReference
  /** Number of the last event that the caller has received. Default -1. */
  readonly startingAfter?: number
}

type Open = { readonly kind: 'message' | 'reasoning'; readonly id: string; text: string }

/**
 * Translates one run. The same run always gives the same events with the same numbers. So a broken stream resumes at any
 * number by a second translation from the beginning.
 */
export class ResponseStream implements StreamTranslator {
  readonly #startingAfter: number
  readonly #output: OutputItem[] = []
  #frame: ResponseFrame
  #reference: ResponseReference
  #open: Open | undefined
  #sequence = 0
  #hasBegun = false

  constructor({ frame: own, reference, startingAfter = -1 }: ResponseStreamOptions) {
    this.#frame = own
    this.#reference = reference
    this.#startingAfter = startingAfter
  }

  push(event: FaceEvent): string {
    if (event.type === 'started') {
      const { runId, sessionId, raw } = event
      this.#reference = { ...this.#reference, runId, sessionId }
      const created = this.#frame.created || Number(raw.created_at) || 0
      this.#frame = { ...this.#frame, created }
    }
    return this.#begin() + this.#frames(event)
  }

  fail(message: string, code: string): string {
    return this.#begin() + this.#end('failed', { status: 'failed', error: { message, code } })
  }

  #begin(): string {
    if (this.#hasBegun) return ''
    this.#hasBegun = true
    const response = this.#response({ status: 'in_progress' })
    return (
      this.#event('response.created', { response }) +
      this.#event('response.in_progress', { response })
    )
  }

  #frames(event: FaceEvent): string {
    if ('member' in event && event.member) return ''
    switch (event.type) {
      case 'text':
        return this.#frame.outputTool ? '' : this.#delta('message', event.text)
      case 'reasoning':
        return this.#delta('reasoning', event.text)
      case 'tool':
        if (event.phase === 'started') return ''
        return this.#tool(event.tool, event.error)
      case 'paused': {
        const { id } = this.#reference
        const items = pauseItems(id, event.pause, this.#frame.pauseStyle)
        return items.map((item) => this.#whole(item)).join('') + this.#completed(event.usage)
      }
      case 'completed':
        return this.#answer(event.result, event.rest) + this.#completed(event.result.usage)
      case 'cancelled':
        return this.#end('incomplete', { status: 'cancelled' })
      case 'failed':
        return this.fail(event.message, event.code)
      default:
        return ''
    }
  }

  #answer(result: RunResult, rest: string): string {
    const products = productsMarkdown(result.products)
    if (this.#frame.outputTool === undefined) return this.#delta('message', rest + products)
    const closed = this.#close()
    const called = outputItem(this.#reference, this.#output.length, this.#frame, result.text)
    return closed + (called ? this.#whole(called) : this.#delta('message', result.text + products))
  }

  #tool(tool: ToolExecution, error: string | undefined): string {
    // The index of the item counts once the open one is closed.
    const closed = this.#close()
    return closed + this.#whole(toolItem(this.#reference, this.#output.length, tool, error))
  }

  #delta(kind: Open['kind'], delta: string): string {
    if (delta === '') return ''
    const opened = this.#open?.kind === kind ? '' : this.#close() + this.#opened(kind)
    const open = this.#open as Open
    open.text += delta
    const at = { item_id: open.id, output_index: this.#output.length }
    if (kind === 'message') {
      const members = { ...at, content_index: 0, delta, logprobs: [] }
      return opened + this.#event('response.output_text.delta', members)
    }
    const members = { ...at, summary_index: 0, delta }
    return opened + this.#event('response.reasoning_summary_text.delta', members)
  }

  #opened(kind: Open['kind']): string {
    const prefix = kind === 'message' ? 'msg' : 'rs'
    const id = itemId(prefix, this.#reference, this.#output.length)
    this.#open = { kind, id, text: '' }
    const output_index = this.#output.length
    const item = kind === 'message' ? messageItem(id, '', 'in_progress') : reasoningItem(id, '')
    const added = this.#event('response.output_item.added', { output_index, item })
    const at = { item_id: id, output_index }
    if (kind === 'message') {
      const part = { ...at, content_index: 0, part: textPart('') }
      return added + this.#event('response.content_part.added', part)
    }
    const part = { ...at, summary_index: 0, part: { type: 'summary_text', text: '' } }
    return added + this.#event('response.reasoning_summary_part.added', part)
  }

  #close(): string {
    const open = this.#open
    if (open === undefined) return ''
    this.#open = undefined
    const { id, text, kind } = open
    const at = { item_id: id, output_index: this.#output.length }
    if (kind === 'message') {
      const item = messageItem(id, text, 'completed')
      const indexed = { ...at, content_index: 0 }
      return (
        this.#event('response.output_text.done', { ...indexed, text, logprobs: [] }) +
        this.#event('response.content_part.done', { ...indexed, part: textPart(text) }) +
        this.#done(item)
      )
    }
    const indexed = { ...at, summary_index: 0 }
    const part = { type: 'summary_text', text }
    return (
      this.#event('response.reasoning_summary_text.done', { ...indexed, text }) +
      this.#event('response.reasoning_summary_part.done', { ...indexed, part }) +
      this.#done(reasoningItem(id, text))
    )
  }

  /** An item that is added and completed at once. */
  #whole(item: OutputItem): string {
    const closed = this.#close()
    const output_index = this.#output.length
    const { added, events } = itemEvents(item)
    const at = { item_id: item['id'], output_index }
    const begun = this.#event('response.output_item.added', { output_index, item: added })
    const between = events.map(({ type, members }) => {
      return this.#event(`response.${type}`, { ...at, ...members })
    })
    return closed + begun + between.join('') + this.#done(item)
  }

  #done(item: OutputItem): string {
    const output_index = this.#output.push(item) - 1
    return this.#event('response.output_item.done', { output_index, item })
  }

  #completed(usage: Usage | undefined): string {
    return this.#end('completed', { status: 'completed', usage })
  }

  #end(name: string, state: Omit<ResponseState, 'output'>): string {
    const closed = this.#close()
    return closed + this.#event(`response.${name}`, { response: this.#response(state) })
  }

  #response(state: Omit<ResponseState, 'output'>) {
    return responseObject(this.#reference, this.#frame, { ...state, output: this.#output })
  }

  #event(type: string, members: object): string {
    const sequence_number = this.#sequence++
    if (sequence_number <= this.#startingAfter) return ''
    return frame(JSON.stringify({ type, sequence_number, ...members }), type)
  }
}
