/** Runs one member once: reads its stream or its whole answer, and makes one output of either. Knows no composition. */
import { SINGULAR } from '../../config/component-kind.ts'
import type { RunInput } from '../client/run-types.ts'
import type { ComposedEvent, Member, MemberOutput, MemberRunOptions } from './member.ts'
import type { EventSink } from './named-run.ts'
import type { PausedMember } from './pause.ts'
import { answersFor } from './pause.ts'

/** One run of a member. */
export interface MemberCall {
  readonly member: Member
  readonly input: RunInput
  /** Id of the run, chosen before the request is sent. */
  readonly runId: string
  readonly options: MemberRunOptions
  /** Set to continue the run after a pause. */
  readonly paused?: PausedMember | undefined
  readonly isStream: boolean
  /** Receives every event in order. The run awaits it, so that a slow reader slows the member. */
  readonly onEvent: EventSink
}

/** Name of the message with the output of a paused workflow. It is no event of the run. */
export const PAUSED_OUTPUT = 'WorkflowRunOutput'

/** Status for each last event, by its name without the prefix of its kind. */
const ENDS: Readonly<Record<string, string>> = {
  RunCompleted: 'COMPLETED',
  RunError: 'ERROR',
  RunCancelled: 'CANCELLED',
  RunPaused: 'PAUSED',
}
/** Prefix of the events of a kind. */
export const OWN_PREFIX = { agents: '', teams: 'Team', workflows: 'Workflow' } as const
/** Event members that do not belong to the run's output. */
const EVENT_KEYS = new Set(['event', 'event_index', 'nested_depth', 'created_at'])

/**
 * Runs the member to its end.
 *
 * @returns the output; `status` is `COMPLETED`, `PAUSED`, `CANCELLED` or `ERROR`
 * @throws the member's own errors: {@link AgentOSError}, {@link GatewayError}
 */
export async function runMember(call: MemberCall): Promise<MemberOutput> {
  return call.isStream ? await streamed(call) : await whole(call)
}

async function whole(call: MemberCall): Promise<MemberOutput> {
  const { member, input, paused } = call
  let output: MemberOutput
  if (paused) {
    const { list, given } = continuation(call, paused, false)
    output = await member.continueRun(paused.runId, list, { ...given, stream: false })
  } else output = await member.run(input, { ...optionsOf(call), stream: false })
  return { ...output, status: output.status ?? 'COMPLETED' }
}

/** Starts or continues the run, and returns its events. @param background the run survives its connection */
export function eventsOf(call: MemberCall, background?: true): AsyncIterable<ComposedEvent> {
  const { member, input, paused } = call
  const stream = { stream: true, background } as const
  if (!paused) return member.run(input, { ...optionsOf(call), ...stream, streamEvents: true })
  const { list, given } = continuation(call, paused, true)
  return member.continueRun(paused.runId, list, { ...given, ...stream })
}

async function streamed(call: MemberCall): Promise<MemberOutput> {
  const { member, runId, onEvent, paused } = call
  const reading = new OutputReading(member, runId, paused?.output)
  for await (const event of eventsOf(call)) {
    // AgentOS repeats the output of a paused workflow behind its last event.
    if (event.event === PAUSED_OUTPUT) continue
    reading.take(event)
    await onEvent(event)
  }
  return reading.output()
}

function optionsOf({ options, runId }: MemberCall): MemberRunOptions {
  return { ...options, extraFields: { ...options.extraFields, run_id: runId } }
}

/** The options that continue a run, and the answers. */
function continuation({ member, options }: MemberCall, paused: PausedMember, isStream: boolean) {
  const { authToken, headers, userId, sessionId, signal } = options
  const { list, extraFields } = answersFor(member, paused)
  const fields = { stream_events: isStream, ...extraFields }
  return { list, given: { authToken, headers, userId, sessionId, signal, extraFields: fields } }
}

/** Builds the output of a run from its events. */
export class OutputReading {
  readonly #member: Member
  #runId: string | undefined
  readonly #namedId: string
  #model: Record<string, unknown> = {}
  #text = ''
  #end: ComposedEvent | undefined
  #status: string | undefined
  #lastIndex = -1

  /** @param paused the output before the run is continued */
  constructor(member: Member, namedId: string, paused: MemberOutput | undefined) {
    this.#member = member
    this.#namedId = namedId
    if (paused === undefined) return
    const { model, model_provider, run_id } = paused
    if (model !== undefined) this.#model = { model, model_provider }
    // The members of a continued team or workflow come first in its stream.
    if (member.kind !== 'agents') this.#runId = run_id ?? undefined
  }

  /** The last event of the run has come. */
  get isEnded(): boolean {
    return this.#status !== undefined
  }

  /** Highest `event_index` so far; -1 without any. */
  get lastIndex(): number {
    return this.#lastIndex
  }

  take(event: ComposedEvent): void {
    const index = event['event_index']
    if (typeof index === 'number') this.#lastIndex = Math.max(this.#lastIndex, index)
    const id = event['run_id']
    // A2A servers choose the run id themselves; the first event contains it.
    if (typeof id === 'string') this.#runId ??= id
    if (id !== this.#runId) return
    const name = this.#ownName(event.event)
    if (name === 'RunContent' && typeof event['content'] === 'string')
      this.#text += event['content']
    if (name === 'RunStarted') {
      const { model, model_provider } = event
      if (model !== undefined) this.#model = { model, model_provider }
    }
    const status = name === undefined ? undefined : ENDS[name]
    // AgentOS sends a …Completed event after a …Cancelled event: the first one counts.
    if (status === undefined || this.#status === 'CANCELLED') return
    this.#end = event
    this.#status = status
  }

  /** Removes the prefix of the kind: `TeamRunCompleted` and `WorkflowCompleted` become `RunCompleted`. */
  #ownName(event: string): string | undefined {
    const prefix = OWN_PREFIX[this.#member.kind]
    if (!event.startsWith(prefix)) return undefined
    const rest = event.slice(prefix.length)
    return this.#member.kind === 'workflows' ? `Run${rest}` : rest
  }

  output(): MemberOutput {
    const { kind, id, name } = this.#member
    const ended = Object.entries(this.#end ?? {}).filter(([key]) => !EVENT_KEYS.has(key))
    const { content = this.#text, error, ...rest } = Object.fromEntries(ended)
    const isError = this.#status === 'ERROR'
    return {
      run_id: this.#runId ?? this.#namedId,
      [`${SINGULAR[kind]}_id`]: id,
      [`${SINGULAR[kind]}_name`]: name,
      ...rest,
      content: isError ? (error ?? content) : content,
      ...this.#model,
      status: this.#status ?? 'ERROR',
      ...(this.#status === undefined && { content: 'the stream ended before the run' }),
    }
  }
}
