/**
 * Translates the events of a run into AG-UI events, in both dialects.
 *
 * @see https://docs.ag-ui.com/concepts/events
 */
import type { ToolExecution } from '../../client/run-types.ts'
import type { FaceEvent, Member, RunResult, Usage } from '../face-events.ts'
import { productsMarkdown } from '../openai/products.ts'
import type { Pause } from '../pause.ts'
import type { PendingCall } from '../pending-call.ts'
import { answerSchema } from '../pending-call.ts'
import { textOf } from '../run-result.ts'
import type { StreamTranslator } from '../translator.ts'
import { frame } from '../translator.ts'

/** Options from the front end's request. */
export interface AguiStreamOptions {
  readonly threadId: string
  readonly runId: string
  readonly isVersion1: boolean
  /** Names of the tools that the front end can run. */
  readonly tools: readonly string[]
  /** Calls of the paused run that this request answers. */
  readonly answers: readonly { readonly callId: string }[]
}

const TOOLS_ARE_DECLARED =
  'AgentOS accepts no tools with a run: the front end runs a tool that the component declares under the same name with external_execution'

type Open = { readonly kind: 'text' | 'reasoning'; readonly id: string }

/** Translates one run. At most one message is open at a time; it is closed before the last event of the run. */
export class AguiStream implements StreamTranslator {
  readonly #options: AguiStreamOptions
  #open: Open | undefined
  #messages = 0
  readonly #steps: string[] = []
  readonly #members = new Set<string>()
  readonly #calls = new Set<string>()
  #hasBegun = false

  constructor(options: AguiStreamOptions) {
    this.#options = options
    // Front ends append the arguments of a repeated call to the first ones.
    for (const { callId } of options.answers) this.#calls.add(callId)
  }

  push(event: FaceEvent): string {
    const begun = this.#begin()
    return begun + this.#frames(event)
  }

  fail(message: string, code: string): string {
    return this.#begin() + this.#close() + this.#event('RUN_ERROR', { message, code })
  }

  /** The front end knows only its own run id. */
  #begin(): string {
    if (this.#hasBegun) return ''
    this.#hasBegun = true
    const { threadId, runId, isVersion1, tools } = this.#options
    const version = isVersion1 && { protocolVersion: '1.0' }
    const started = this.#event('RUN_STARTED', { threadId, runId, ...version })
    if (tools.length === 0) return started
    const value = { message: TOOLS_ARE_DECLARED, tools }
    return started + this.#event('CUSTOM', { name: 'agentos.tools_not_sent', value })
  }

  #frames(event: FaceEvent): string {
    switch (event.type) {
      case 'text':
        return event.member ? '' : this.#delta('text', event.text)
      case 'reasoning':
        return event.member ? '' : this.#delta('reasoning', event.text)
      case 'tool':
        return this.#tool(event.phase, event.tool, event.member)
      case 'step':
        return this.#step(event.phase, event.name)
      case 'member':
        return this.#member(event.phase, event.member, event.error)
      case 'paused':
        return this.#paused(event.pause, event.usage)
      case 'completed':
        return this.#completed(event.result, event.rest)
      case 'cancelled':
        return this.#cancelled(event.reason)
      case 'failed':
        return this.fail(event.message, event.code)
      default:
        return this.#custom(event)
    }
  }

  #custom({ raw, type }: FaceEvent): string {
    if (type !== 'other' || raw['event'] !== 'CustomEvent') return ''
    return this.#event('CUSTOM', { name: 'CustomEvent', value: raw })
  }

  #delta(kind: Open['kind'], delta: string): string {
    if (delta === '') return ''
    const opened = this.#open?.kind === kind ? '' : this.#shut() + this.#opened(kind)
    const messageId = (this.#open as Open).id
    const type = kind === 'text' ? 'TEXT_MESSAGE_CONTENT' : 'REASONING_MESSAGE_CONTENT'
    return opened + this.#event(type, { messageId, delta })
  }

  #opened(kind: Open['kind']): string {
    const messageId = `${this.#options.runId}-${++this.#messages}`
    this.#open = { kind, id: messageId }
    if (kind === 'text') return this.#event('TEXT_MESSAGE_START', { messageId, role: 'assistant' })
    const start = this.#event('REASONING_START', { messageId })
    return start + this.#event('REASONING_MESSAGE_START', { messageId, role: 'reasoning' })
  }

  #shut(): string {
    const { kind, id: messageId } = this.#open ?? {}
    this.#open = undefined
    if (kind === 'text') return this.#event('TEXT_MESSAGE_END', { messageId })
    if (kind !== 'reasoning') return ''
    const end = this.#event('REASONING_MESSAGE_END', { messageId })
    return end + this.#event('REASONING_END', { messageId })
  }

  #tool(
    phase: 'started' | 'completed' | 'failed',
    { tool_call_id: id, tool_name: name, tool_args: args, result }: ToolExecution,
    member: Member | undefined,
  ): string {
    if (typeof id !== 'string') return ''
    const whose = this.#attribution(member)
    const known = this.#calls.has(id)
    const shown = known ? '' : this.#call(id, name ?? 'tool', args ?? {}, whose)
    if (phase === 'started') return shown
    const content = textOf(result)
    const messageId = `${this.#options.runId}-${id}`
    const toolResult = { messageId, toolCallId: id, content, role: 'tool', ...whose }
    return shown + this.#event('TOOL_CALL_RESULT', toolResult)
  }

  #call(toolCallId: string, toolCallName: string, args: object, whose: object = {}): string {
    this.#calls.add(toolCallId)
    const delta = JSON.stringify(args)
    return (
      this.#shut() +
      this.#event('TOOL_CALL_START', { toolCallId, toolCallName, ...whose }) +
      this.#event('TOOL_CALL_ARGS', { toolCallId, delta, ...whose }) +
      this.#event('TOOL_CALL_END', { toolCallId, ...whose })
    )
  }

  #attribution(member: Member | undefined): object {
    const isShown = this.#options.isVersion1 && member && this.#members.has(member.runId)
    return isShown ? { subagentRunId: member.runId } : {}
  }

  /** Parallel steps may share a name, but a front end identifies a step by its name: each repeat gets a number. */
  #step(phase: 'started' | 'completed', name: string): string {
    if (phase === 'started') {
      const same = this.#steps.filter((step) => step === name || step.startsWith(`${name} #`))
      const stepName = same.length === 0 ? name : `${name} #${same.length + 1}`
      this.#steps.push(stepName)
      return this.#shut() + this.#event('STEP_STARTED', { stepName })
    }
    const index = this.#steps.findLastIndex((step) => step === name || step.startsWith(`${name} #`))
    const [stepName] = index === -1 ? [] : this.#steps.splice(index, 1)
    return stepName === undefined ? '' : this.#shut() + this.#event('STEP_FINISHED', { stepName })
  }

  #member(
    phase: 'started' | 'completed' | 'failed',
    member: Member | undefined,
    error: string | undefined,
  ): string {
    if (!this.#options.isVersion1 || member === undefined) return ''
    const { runId: subagentRunId, name } = member
    if (phase === 'started') {
      if (this.#members.has(subagentRunId)) return ''
      this.#members.add(subagentRunId)
      return this.#event('SUBAGENT_STARTED', { subagentRunId, name })
    }
    if (!this.#members.delete(subagentRunId)) return ''
    if (phase === 'completed') return this.#event('SUBAGENT_FINISHED', { subagentRunId })
    return this.#event('SUBAGENT_ERROR', { subagentRunId, message: error ?? 'failed' })
  }

  #paused({ calls }: Pause, usage: Usage | undefined): string {
    const shown = calls.filter(({ id }) => !this.#calls.has(id))
    const callFrames = shown.map(({ id, name, args }) => this.#call(id, name, args)).join('')
    if (calls.length > 0 && calls.every((call) => this.#isRunByFrontEnd(call))) {
      const pendingToolCallIds = calls.map(({ id }) => id)
      return callFrames + this.#finished({ type: 'success', pendingToolCallIds }, usage)
    }
    const interrupts = calls.map((call) => ({
      id: call.id,
      reason: call.kind,
      message: call.message,
      toolCallId: call.id,
      responseSchema: answerSchema(call),
    }))
    return callFrames + this.#finished({ type: 'interrupt', interrupts }, usage)
  }

  /** AG-UI 1.0 has two pauses: a call of a front end's tool ends as success, any other question as an interrupt. */
  #isRunByFrontEnd({ kind, name, needsApproval }: PendingCall): boolean {
    return kind === 'external_execution' && !needsApproval && this.#options.tools.includes(name)
  }

  #completed(result: RunResult, rest: string): string {
    const said = this.#delta('text', rest + productsMarkdown(result.products))
    const { sessionState: snapshot } = result
    const isKept = snapshot !== undefined && Object.keys(snapshot).length > 0
    const state = isKept ? this.#event('STATE_SNAPSHOT', { snapshot }) : ''
    return said + this.#shut() + state + this.#finished({ type: 'success' }, result.usage)
  }

  /** Front ends before 1.0 have no event for a cancelled run. */
  #cancelled(reason: string): string {
    if (this.#options.isVersion1) return this.#finished({ type: 'cancelled' }, undefined)
    return this.fail(reason, 'cancelled')
  }

  #finished(outcome: object, usage: Usage | undefined): string {
    const { threadId, runId, isVersion1 } = this.#options
    const counts = isVersion1 && usage ? { usage: [usageOf(usage)] } : {}
    const ended = { threadId, runId, ...(isVersion1 && { outcome }), ...counts }
    return this.#close() + this.#event('RUN_FINISHED', ended)
  }

  #close(): string {
    let frames = this.#shut()
    for (const stepName of this.#steps.splice(0).reverse()) {
      frames += this.#event('STEP_FINISHED', { stepName })
    }
    for (const subagentRunId of this.#members) {
      frames += this.#event('SUBAGENT_FINISHED', { subagentRunId })
    }
    this.#members.clear()
    return frames
  }

  #event(type: string, members: object): string {
    return frame(JSON.stringify({ type, ...members }))
  }
}

function usageOf({ inputTokens, outputTokens, totalTokens, reasoningTokens, cachedTokens }: Usage) {
  return {
    inputTokens,
    outputTokens,
    totalTokens,
    ...(reasoningTokens !== undefined && { reasoningTokens }),
    ...(cachedTokens !== undefined && { cachedInputTokens: cachedTokens }),
  }
}
