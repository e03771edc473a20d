/** Turns the events of one streamed AgentOS run into {@link FaceEvent}s. Does no I/O and knows no protocol. */
import type { ComponentKind } from '../../config/types.ts'
import type { EventBase } from '../client/run-events.ts'
import type { ToolExecution } from '../client/run-types.ts'
import { isObject } from '../json/is-object.ts'
import type { FaceEvent, Member, Usage } from './face-events.ts'
import { pauseIn } from './pause.ts'
import { addUsage, resultOf, textOf, usageIn } from './run-result.ts'

type Reading = (event: EventBase, name: string, member: Member | undefined) => FaceEvent[]

/** Events that end a run of any kind. Later events of the stream do not belong to the run. */
const ENDS = new Set(['RunCompleted', 'RunPaused', 'RunCancelled', 'RunError'])

/**
 * Reads the events of one run in order.
 *
 * An event belongs to a member when its run is not the component's own. Below a team it has a `parent_run_id`, below a
 * workflow a `workflow_run_id`. A single agent has no members.
 */
export class RunReader {
  readonly #kind: ComponentKind
  #hasText = false
  #isOver = false
  #usage: Usage | undefined
  #runId = ''
  #sessionId = ''

  /** @param kind kind of the running component */
  constructor(kind: ComponentKind) {
    this.#kind = kind
  }

  /** The last event of the run has been read. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Id of the component's own run; empty before the first event. */
  get runId(): string {
    return this.#runId
  }

  /** @returns the events for faces; none after the end of the run */
  read(event: EventBase): FaceEvent[] {
    if (this.#isOver) return []
    const name = plainName(String(event['event']))
    const member = this.#memberOf(event)
    if (member === undefined) this.#note(event)
    if (member !== undefined && (ENDS.has(name) || name === 'RunStarted')) {
      return [{ ...memberPhase(event, name), raw: event, member }]
    }
    const reading = READINGS.get(name)
    if (reading === undefined) return this.#ownReading(event, name, member)
    return reading(event, name, member)
  }

  #note(event: EventBase): void {
    if (typeof event.run_id === 'string') this.#runId = event.run_id
    if (typeof event.session_id === 'string') this.#sessionId = event.session_id
  }

  #memberOf(event: EventBase): Member | undefined {
    const { run_id: runId, parent_run_id: parent, workflow_run_id: workflow } = event
    if (event['workflow_agent'] === true || typeof runId !== 'string') return undefined
    const isOwn = this.#kind === 'agents' ? !parent : isOwnOf(this.#kind, event)
    if (isOwn || (!parent && !workflow)) return undefined
    const id = event.agent_id ?? event.team_id ?? ''
    return { runId, id, name: event.agent_name ?? event.team_name ?? id }
  }

  #ownReading(event: EventBase, name: string, member: Member | undefined): FaceEvent[] {
    const base = { raw: event, member }
    switch (name) {
      case 'RunStarted':
      case 'RunContinued': {
        if (member) return [{ type: 'member', phase: 'started', error: undefined, ...base }]
        const isResumed = name === 'RunContinued'
        const [runId, sessionId] = [this.#runId, this.#sessionId]
        return [{ type: 'started', runId, sessionId, isResumed, ...base }]
      }
      case 'RunContent':
        return this.#content(event, member)
      case 'ModelRequestCompleted':
        this.#usage = addUsage(this.#usage, usageIn(event))
        return this.#usage ? [{ type: 'usage', usage: this.#usage, ...base }] : []
      case 'RunPaused':
      case 'RunCompleted':
      case 'RunCancelled':
      case 'RunError':
        this.#isOver = true
        return [this.#end(event, name)]
      default:
        return [{ type: 'other', name, ...base }]
    }
  }

  #content(event: EventBase, member: Member | undefined): FaceEvent[] {
    const events: FaceEvent[] = []
    const thought = event['reasoning_content']
    const base = { raw: event, member }
    if (typeof thought === 'string' && thought !== '') {
      events.push({ type: 'reasoning', text: thought, ...base })
    }
    const text = textOf(event.content)
    // A structured answer comes as an object in one event and again in the last event; only the last one counts.
    if (text === '' || typeof event.content !== 'string') return events
    if (member === undefined) this.#hasText = true
    events.push({ type: 'text', text, ...base })
    return events
  }

  #end(event: EventBase, name: string): FaceEvent {
    const base = { raw: event, member: undefined }
    if (name === 'RunPaused') {
      const ids = { runId: this.#runId, sessionId: this.#sessionId }
      return { type: 'paused', pause: pauseIn(this.#kind, event, ids), usage: this.#usage, ...base }
    }
    if (name === 'RunCancelled') {
      return { type: 'cancelled', reason: textOf(event['reason']) || 'cancelled', ...base }
    }
    if (name === 'RunError') return { ...failureIn(event), ...base }
    const result = resultOf(event)
    const usage = result.usage ?? this.#usage
    const rest = this.#hasText ? '' : result.text
    return { type: 'completed', result: { ...result, usage }, rest, ...base }
  }
}

/** The event name without the prefix `Team` or `Workflow`. */
function plainName(name: string): string {
  if (name.startsWith('TeamTask')) return name
  if (name.startsWith('Team')) return name.slice('Team'.length)
  const workflow = /^Workflow(Started|Completed|Paused|Cancelled|Error|Continued)$/.exec(name)
  return workflow ? `Run${workflow[1]}` : name
}

function isOwnOf(kind: ComponentKind, event: EventBase): boolean {
  const name = String(event['event'])
  if (kind === 'teams') return name.startsWith('Team') && !event.parent_run_id
  return !event.workflow_run_id
}

function failureIn(event: EventBase): { type: 'failed'; message: string; code: string } {
  const message = textOf(event.content) || textOf(event['error']) || 'The run failed'
  const own = event['error_type'] === 'gateway_error' ? event['error_id'] : undefined
  const code = textOf(own ?? event['error_type']) || 'run_error'
  return { type: 'failed', message, code }
}

function memberPhase(event: EventBase, name: string) {
  if (name === 'RunStarted') return { type: 'member', phase: 'started', error: undefined } as const
  if (name !== 'RunError') return { type: 'member', phase: 'completed', error: undefined } as const
  return { type: 'member', phase: 'failed', error: failureIn(event).message } as const
}

function tool(phase: 'started' | 'completed' | 'failed'): Reading {
  return (raw, _name, member) => {
    const call = raw['tool'] as ToolExecution | null | undefined
    if (typeof call !== 'object' || call === null) return []
    const hasFailed = phase === 'failed' || (phase === 'completed' && call.tool_call_error === true)
    const error = hasFailed ? textOf(raw['error']) || textOf(call.result) : undefined
    return [{ type: 'tool', phase: hasFailed ? 'failed' : phase, tool: call, error, raw, member }]
  }
}

function step(phase: 'started' | 'completed'): Reading {
  return (raw, _name, member) => {
    const { step_name: name, step_index: index } = raw
    const at = Array.isArray(index) ? index[0] : index
    return [{ type: 'step', phase, name: name ?? '', index: at ?? 0, raw, member }]
  }
}

const thought: Reading = (raw, _name, member) => {
  const text = textOf(raw['reasoning_content'])
  return text === '' ? [] : [{ type: 'reasoning', text, raw, member }]
}

/** The event's `reasoning_content` repeats earlier steps, so only the step itself is used. */
const thoughtStep: Reading = (raw, _name, member) => {
  const { content } = raw
  if (!isObject(content)) return []
  const { title, reasoning, action, result } = content
  const lines = [title && `## ${title}`, reasoning, action && `Action: ${action}`]
  const said = [...lines, result && `Result: ${result}`].filter(Boolean)
  return said.length === 0
    ? []
    : [{ type: 'reasoning', text: `${said.join('\n')}\n\n`, raw, member }]
}

/** Events whose meaning depends neither on their level nor on earlier events. */
const READINGS: ReadonlyMap<string, Reading> = new Map([
  ['ToolCallStarted', tool('started')],
  ['ToolCallCompleted', tool('completed')],
  ['ToolCallError', tool('failed')],
  ['StepStarted', step('started')],
  ['StepCompleted', step('completed')],
  ['ReasoningContentDelta', thought],
  ['ReasoningStep', thoughtStep],
])
