/** Observes one composed run: a span for the run and for each member run, and the counts of its access-log line. */
import { performance } from 'node:perf_hooks'
import { SINGULAR } from '../config/component-kind.ts'
import type { MemberObservation } from '../src/compose/composed-run.ts'
import type { Member, MemberOutput } from '../src/compose/member.ts'
import type { StoredRun } from '../src/compose/store.ts'
import { COMPOSED_HEADER, COMPOSED_RUN_HEADER } from '../src/composed-call.ts'
import type { Tracing } from '../src/tracing/tracing.ts'

/** Fields of the access-log line of a composed run. */
export interface RunSummary {
  readonly runId: string
  readonly sessionId: string
  /** `workflows/article`. */
  readonly component: string
  readonly userId: string | undefined
  readonly status: string
  readonly ms: number
  /** Member runs of this part of the run, and member runs that did not complete. */
  readonly members: number
  readonly failedMembers: number
  /** Tokens by member, such as `agents/researcher`. A member without metrics has no entry. */
  readonly tokens: Readonly<Record<string, number>>
  /** The run was taken over from another process. */
  readonly takeovers: number
}

/** Receives a member run that has ended. @param composed such as `workflows/article` */
export type OnMember = (composed: string, member: Member, output: MemberOutput | undefined) => void

/** Counts and traces one run. */
export class RunObserver {
  readonly #run: StoredRun
  readonly #tracing: Tracing | undefined
  readonly #span: ReturnType<Tracing['beginPart']> | undefined
  readonly #beganAtMs = performance.now()
  readonly #tokens: Record<string, number> = {}
  #members = 0
  #failedMembers = 0

  readonly #onMember: OnMember | undefined

  constructor(
    run: StoredRun,
    { tracing, onMember }: { tracing?: Tracing | undefined; onMember?: OnMember | undefined },
    headers: Readonly<Record<string, string>>,
  ) {
    this.#run = run
    this.#tracing = tracing
    this.#onMember = onMember
    const name = `${SINGULAR[run.kind]} ${run.componentId}`
    const attributes = { 'agentos.run_id': run.runId, 'agentos.session_id': run.sessionId }
    this.#span = tracing?.beginPart(name, attributes, headers)
  }

  /** Begins a member run. @param path its position in the composed run */
  member(member: Member, path: string, runId: string): MemberObservation {
    const { kind, id } = member
    const composed = `${this.#run.kind}/${this.#run.componentId}`
    this.#members++
    const name = `${SINGULAR[kind]} ${id}`
    const attributes = {
      'agentos.component': `${kind}/${id}`,
      'agentos.run_id': runId,
      'agentos.path': path,
    }
    const span = this.#span && this.#tracing?.beginPart(name, attributes, this.#span.headers)
    return {
      headers: {
        [COMPOSED_HEADER]: composed,
        [COMPOSED_RUN_HEADER]: this.#run.runId,
        ...span?.headers,
      },
      end: (output) => {
        const hasFailed = output?.status !== 'COMPLETED'
        if (hasFailed) this.#failedMembers++
        this.#count(`${kind}/${id}`, output)
        // A paused run counts when its continuation ends.
        if (output?.status !== 'PAUSED') this.#onMember?.(composed, member, output)
        span?.end(hasFailed ? (output?.status ?? 'ERROR') : undefined)
      },
    }
  }

  /** Ends the run. */
  end(status: string): RunSummary {
    this.#span?.end(status === 'COMPLETED' || status === 'PAUSED' ? undefined : status)
    const { runId, sessionId, kind, componentId, userId, takeovers } = this.#run
    return {
      runId,
      sessionId,
      component: `${kind}/${componentId}`,
      userId,
      status,
      ms: Math.round(performance.now() - this.#beganAtMs),
      members: this.#members,
      failedMembers: this.#failedMembers,
      tokens: this.#tokens,
      takeovers,
    }
  }

  #count(key: string, output: MemberOutput | undefined): void {
    const tokens = output?.metrics?.['total_tokens']
    if (typeof tokens === 'number') this.#tokens[key] = (this.#tokens[key] ?? 0) + tokens
  }
}
