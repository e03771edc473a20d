/**
 * Runs one member, or continues it after a pause, so that its run outlives this process and every connection: in the
 * background of its AgentOS, under an id that is journaled before it is sent. After a broken connection or a crash, the
 * rest of the same run is read; it is sent again only when the AgentOS answers that it does not know the run.
 */
import { setTimeout } from 'node:timers/promises'
import { SINGULAR } from '../../config/component-kind.ts'
import type { Journal } from './journal.ts'
import type { ComposedEvent, Member, MemberOutput } from './member.ts'
import type { MemberCall } from './member-run.ts'
import { eventsOf, OutputReading, OWN_PREFIX, PAUSED_OUTPUT, runMember } from './member-run.ts'
import type { NamedRun } from './named-run.ts'
import { isSamePause } from './pause.ts'

/** A member's run that is kept. */
export interface KeptCall extends MemberCall {
  readonly named: NamedRun
  readonly sessionId: string
  readonly journal: Journal
}

/** The run was interrupted, and its state at the AgentOS is unknown. */
export class MemberInterrupted extends Error {
  override readonly name = 'MemberInterrupted'
}

/** How long a run without events is polled that its AgentOS reports as in progress. */
const LOST_MS = 5_000
/** How long an AgentOS that cannot be reached is asked again after a crash of this process. */
const UNREACHABLE_MS = 60_000
/** How long a gateway that cannot be reached is asked again: it may be restarting. */
const GATEWAY_LOST_MS = 30_000
/** How long a run that was sent just before a crash may take to appear at its AgentOS. */
const ARRIVAL_MS = 1_000
const FIRST_PAUSE_MS = 100
const MAX_PAUSE_MS = 1_000
/** Notes of the resume route, which belong to no run. */
const NOTES = new Set(['catch_up', 'subscribed', 'replay', 'error'])
const REFUSAL =
  /background execution requires a database|background execution is not supported|background=true continuation is only available/i
/** Members whose runs end with their connection. */
const withoutBackground = new WeakSet<Member>()
/** Members whose continued runs do, such as workflows of AgentOS 3 without a durable queue. */
const continuedWithoutBackground = new WeakSet<Member>()

/**
 * Runs the member to its end.
 *
 * @throws the member's own errors, and {@link MemberInterrupted}
 */
export function runKept(call: KeptCall): Promise<MemberOutput> {
  const run = new KeptRun(call)
  return call.named.wasSent ? run.takeUp() : run.begin()
}

class KeptRun {
  readonly #call: KeptCall
  /** Distinguishes the parts of a member's run before and after its pauses. */
  readonly #key: string
  readonly #reading: OutputReading
  #isPlain = false
  /** The AgentOS still has the events of the run in memory. */
  #hasEvents = false

  constructor(call: KeptCall) {
    const { member, runId, paused, named } = call
    this.#call = call
    this.#key = paused ? `${named.path}~${paused.round}` : named.path
    this.#reading = new OutputReading(member, runId, paused?.output)
  }

  /** Sends the run. */
  async begin(): Promise<MemberOutput> {
    const { member, paused } = this.#call
    const refusing = paused ? continuedWithoutBackground : withoutBackground
    if (refusing.has(member)) return await this.#plain()
    try {
      await this.#read(eventsOf(this.#call, true))
    } catch (error) {
      if (error instanceof NoBackground || REFUSAL.test((error as Error).message)) {
        refusing.add(member)
        return await this.#plain()
      }
      if (!isBreak(error)) throw error
      return await this.#readOn(error)
    }
    return this.#reading.isEnded
      ? await this.#output()
      : await this.#readOn(new MemberInterrupted(`${member.name} broke off its answer`))
  }

  /** Finds a run that an earlier process may have sent. */
  async takeUp(): Promise<MemberOutput> {
    const { member, paused, journal } = this.#call
    const words = `${member.name} was running when the composer ended, and its run cannot be followed`
    if (journal.get(`plain:${this.#key}`)) {
      // A continued run is stored at its end, also when it had a connection.
      const stored = paused && (await this.#stored())
      if (stored && isOver(stored) && !isSamePause(stored, paused.output)) return stored
      throw new MemberInterrupted(words)
    }
    const lastSeen = performance.now()
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      const found = await this.#find(UNREACHABLE_MS)
      if (found === 'unsupported' || found === 'lost') throw new MemberInterrupted(words)
      if (found !== 'missing') return found
      if (performance.now() - lastSeen > ARRIVAL_MS) return await this.begin()
      await this.#pause(pauseMs)
    }
  }

  /** Follows a run whose stream broke. @param cause thrown where the run is not found */
  async #readOn(cause: unknown): Promise<MemberOutput> {
    // A gateway that was lost may not have sent the run.
    if (isConnectionLoss(cause)) return await this.takeUp()
    const found = await this.#find(0)
    if (typeof found === 'string') throw cause
    return found
  }

  /**
   * Reads the rest of the run, or its stored output.
   *
   * @param patienceMs how long an AgentOS that cannot be reached is asked again
   * @throws the error of an AgentOS that refuses or cannot be reached
   */
  async #find(patienceMs: number): Promise<MemberOutput | 'missing' | 'lost' | 'unsupported'> {
    const began = performance.now()
    const { paused } = this.#call
    let pauseMs = FIRST_PAUSE_MS
    for (;;) {
      try {
        await this.#resume()
        if (this.#reading.isEnded) return await this.#output()
        const stored = await this.#stored()
        const isWaiting = paused !== undefined && isSamePause(stored, paused.output)
        if (isOver(stored) && !isWaiting) return await this.#ended(stored)
        // AgentOS 2.9 stores a continued run as paused until its end, so that only its events say that it continues.
        if (isWaiting && !this.#hasBegun) return this.#hasEvents ? 'missing' : 'lost'
        // Stored as in progress, but without events: the AgentOS ended, or another process of it has the events.
        if (performance.now() - began > LOST_MS) return 'lost'
      } catch (error) {
        if (isMissing(error)) return 'missing'
        if (statusOf(error) === 501) return 'unsupported'
        const limitMs = isConnectionLoss(error) ? Math.max(patienceMs, GATEWAY_LOST_MS) : patienceMs
        const isTransient = isBreak(error) || isUnknown(error)
        if (!isTransient || performance.now() - began > limitMs) throw error
      }
      await this.#pause(pauseMs)
      pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)
    }
  }

  async #resume(): Promise<void> {
    const { member, runId, sessionId, options } = this.#call
    const { authToken, headers, signal } = options
    const lastIndex = this.#hasBegun ? this.#reading.lastIndex : this.#pausedAt
    const lastEventIndex = lastIndex < 0 ? undefined : lastIndex
    const resumed = member.resumeRun?.(runId, {
      authToken,
      headers,
      signal,
      sessionId,
      lastEventIndex,
    })
    for await (const event of resumed ?? []) {
      // Stored events have another numbering: the stored output replaces the missing ones.
      if (event.event === 'replay' && event['total_buffered'] === undefined) return
      if (NOTES.has(event.event)) this.#hasEvents = event.event !== 'error'
      if (!NOTES.has(event.event)) await this.#take(event)
    }
  }

  /** Reads live events. @throws {MemberInterrupted} for the event with which the gateway ends a broken stream */
  async #read(events: AsyncIterable<ComposedEvent>): Promise<void> {
    let isFirst = true
    for await (const event of events) {
      if (event['error_type'] === 'gateway_error') throw new MemberInterrupted(textIn(event))
      if (isFirst && REFUSAL.test(textIn(event))) throw new NoBackground()
      if (isFirst && typeof event['event_index'] !== 'number') await this.#journalPlain()
      isFirst = false
      await this.#take(event)
    }
  }

  async #take(event: ComposedEvent): Promise<void> {
    // AgentOS repeats the output of a paused workflow behind its last event.
    if (event.event === PAUSED_OUTPUT) return
    const index = event['event_index']
    this.#reading.take(event)
    const position = typeof index === 'number' ? { source: this.#source, index } : undefined
    await this.#call.onEvent(event, position)
  }

  /** Runs the member in the foreground. Its run ends with the connection and cannot be found after a crash. */
  async #plain(): Promise<MemberOutput> {
    await this.#journalPlain()
    return await runMember(this.#call)
  }

  async #journalPlain(): Promise<void> {
    this.#isPlain = true
    await this.#call.journal.put(`plain:${this.#key}`, {})
  }

  /** Returns the stored output for an unstreamed run, because it has more members than the events. */
  async #output(): Promise<MemberOutput> {
    const read = this.#reading.output()
    if (read.status === 'PAUSED' && !this.#isPlain) {
      const { journal, named } = this.#call
      await journal.put(`index:${named.path}`, { last: this.#reading.lastIndex })
    }
    if (this.#call.isStream || this.#isPlain) return read
    const stored = await this.#stored().catch(() => undefined)
    if (stored === undefined || !isOver(stored)) return read
    // AgentOS stores the text of a failed run, not its error.
    const failed = read.status === 'ERROR' ? { content: read.content, status: read.status } : {}
    return { ...read, ...stored, ...failed }
  }

  /** Builds the last event of a run that ended without a reader from the stored output. */
  async #ended(stored: MemberOutput): Promise<MemberOutput> {
    const event = endEvent(this.#call.member, stored)
    await this.#call.onEvent(event, { source: this.#source, index: Number.MAX_SAFE_INTEGER })
    return stored
  }

  #stored(): Promise<MemberOutput> {
    const { member, runId, sessionId, options } = this.#call
    const { authToken, headers, signal } = options
    return member.getRun(runId, { authToken, headers, signal, sessionId })
  }

  get #source(): string {
    return `member:${this.#key}`
  }

  /** The AgentOS has sent events of this part of the run. */
  get #hasBegun(): boolean {
    return this.#reading.lastIndex >= 0
  }

  /** Index of the last event before the pause; -1 for a run that is not continued. */
  get #pausedAt(): number {
    const { journal, named, paused } = this.#call
    return paused ? Number(journal.get(`index:${named.path}`)?.['last'] ?? -1) : -1
  }

  async #pause(ms: number): Promise<void> {
    await setTimeout(ms, undefined, { signal: this.#call.options.signal })
  }
}

/** The AgentOS has no database for the component, so nothing has run. */
class NoBackground extends Error {}

const ENDS: Readonly<Record<string, string>> = {
  COMPLETED: 'RunCompleted',
  ERROR: 'RunError',
  CANCELLED: 'RunCancelled',
  PAUSED: 'RunPaused',
}
/** Keys of an output that its last event does not have. */
const OUTPUT_KEYS = new Set(['status', 'messages', 'input', 'events', 'created_at'])

function isOver({ status }: MemberOutput): boolean {
  return status !== undefined && status in ENDS
}

function endEvent({ kind, id, name }: Member, output: MemberOutput): ComposedEvent {
  const end = ENDS[output.status ?? 'ERROR'] ?? 'RunError'
  const event = kind === 'workflows' ? end.slice(3) : end
  const fields = Object.entries(output).filter(([key]) => !OUTPUT_KEYS.has(key))
  return {
    created_at: output['created_at'],
    event: OWN_PREFIX[kind] + event,
    [`${SINGULAR[kind]}_id`]: id,
    [`${SINGULAR[kind]}_name`]: name,
    ...Object.fromEntries(fields),
    nested_depth: 0,
  }
}

function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && /^run\b.*not found/i.test(String(Object(error).detail))
}

/** A gateway that has just started may not know the member yet. */
function isUnknown(error: unknown): boolean {
  return statusOf(error) === 404
}

function statusOf(error: unknown): unknown {
  return (error as { status?: unknown } | undefined)?.status
}

/** Whether the state of the run is unknown: the connection broke, or a gateway could not reach the AgentOS. */
function isBreak(error: unknown): boolean {
  if (error instanceof MemberInterrupted) return true
  const { name } = error as { name?: unknown }
  if (name === 'AgentOSError') return [502, 503, 504].includes(Number(statusOf(error)))
  return isConnectionLoss(error)
}

/** Whether no response arrived. Members are called through the gateway, so the gateway is unreachable. */
function isConnectionLoss(error: unknown): boolean {
  const { code, name } = error as { code?: unknown; name?: unknown }
  if (name === 'AgentOSError' || typeof code !== 'string') return false
  return /^AGW_(?:UPSTREAM|RELAY|CONNECT|NO_REPLICA)/.test(code)
}

function textIn({ content, error }: ComposedEvent): string {
  const text = error ?? content
  return typeof text === 'string' ? text : ''
}
