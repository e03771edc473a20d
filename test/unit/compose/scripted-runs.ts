/** The background runs of a scripted AgentOS: they continue without a connection, and are read again by id. */
import type { ServerResponse } from 'node:http'
import { answerJson, beginEvents, eventText } from '../../support/fake-upstream.ts'
import type { Event } from './recordings.ts'

/** One run and its readers. */
interface Kept {
  readonly events: Event[]
  readonly readers: Set<ServerResponse>
  isOver: boolean
  /** The stored output, which AgentOS 2.9 keeps while a paused run continues. */
  stored: Event | undefined
}

const STATUSES: Readonly<Record<string, string>> = {
  RunStarted: 'RUNNING',
  RunPaused: 'PAUSED',
  RunError: 'ERROR',
}

/** Runs by id. */
export class ScriptedRuns {
  readonly #runs = new Map<string, Kept>()

  /** Begins a run; the response is its first reader. */
  begin(runId: string, response: ServerResponse): void {
    beginEvents(response)
    this.#runs.set(runId, {
      events: [],
      readers: new Set([response]),
      isOver: false,
      stored: undefined,
    })
  }

  add(runId: string, event: Event): void {
    const run = this.#runs.get(runId)
    if (run === undefined) return
    const numbered = { ...event, event_index: run.events.length }
    run.events.push(numbered)
    for (const reader of run.readers) reader.write(eventText(numbered))
  }

  end(runId: string): void {
    const run = this.#runs.get(runId)
    if (run === undefined) return
    run.isOver = true
    const last = run.events.at(-1)
    // AgentOS stores the text of a failed run instead of its error.
    const text = run.events.find(({ event }) => event === 'RunContent')?.['content']
    run.stored = last?.event === 'RunError' && text ? { ...last, content: text } : last
    for (const reader of run.readers) reader.end()
  }

  /** Continues a paused run; the response is its only reader. */
  continue(runId: string, response: ServerResponse): void {
    beginEvents(response)
    const run = this.#runs.get(runId)
    if (run === undefined) return
    run.isOver = false
    run.readers.clear()
    run.readers.add(response)
  }

  /** Answers `GET …/runs/{id}`. */
  read(runId: string, response: ServerResponse): void {
    const run = this.#runs.get(runId)
    if (run === undefined) {
      answerJson(response, { detail: 'Run not found' }, 404)
      return
    }
    const { event = 'RunStarted', nested_depth: _, ...last } = (run.stored ?? {}) as Partial<Event>
    answerJson(response, { ...last, status: STATUSES[event] ?? 'COMPLETED' })
  }

  /**
   * Answers `POST …/runs/{id}/resume`.
   *
   * @param last index of the last event that the reader has; -1 for none
   * @param hasEvents whether the events of ended runs are kept
   */
  resume(runId: string, last: number, response: ServerResponse, hasEvents = true): void {
    beginEvents(response)
    const run = this.#runs.get(runId)
    if (run === undefined) {
      response.end(eventText({ event: 'error', error: `Run ${runId} not found` }))
      return
    }
    if (!hasEvents) {
      response.end(eventText({ event: 'replay', run_id: runId }))
      return
    }
    const missed = run.events.slice(last + 1)
    const note = run.isOver ? 'replay' : 'catch_up'
    response.write(eventText({ event: note, run_id: runId, total_buffered: run.events.length }))
    for (const event of missed) response.write(eventText(event))
    if (run.isOver) response.end()
    else run.readers.add(response)
  }
}
