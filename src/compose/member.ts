/**
 * Defines the member interface: a component that a composition can run. Remotes (`RemoteAgent`, `RemoteTeam`,
 * `RemoteWorkflow`) and composed components implement it, so compositions nest.
 */
import { SINGULAR } from '../../config/component-kind.ts'
import type { ComponentKind } from '../../config/types.ts'
import type { CallOptions } from '../client/agentos-api.ts'
import type {
  CommonRunOptions,
  ContinueOptions,
  RunInput,
  StreamedAnswer,
  WholeAnswer,
} from '../client/run-types.ts'

/** One event of a run: the JSON object of the wire in snake_case. Its members keep AgentOS's order. */
export interface ComposedEvent {
  readonly event: string
  readonly [key: string]: unknown
}

/** The output of a run: the JSON object of the wire. Unknown members are kept. */
export interface MemberOutput {
  readonly run_id?: string | null
  readonly content?: unknown
  readonly status?: string
  readonly metrics?: Record<string, unknown> | null
  readonly session_state?: unknown
  readonly [key: string]: unknown
}

/** Options of a member's run. `extraFields.run_id` sets the run's id. */
export type MemberRunOptions = CommonRunOptions

/** An agent, team or workflow that a composition runs. */
export interface Member {
  readonly kind: ComponentKind
  /** Id that callers use. */
  readonly id: string
  /** Name for events and rosters. */
  readonly name: string
  run(
    input: RunInput,
    options: MemberRunOptions & StreamedAnswer,
  ): AsyncGenerator<ComposedEvent, void, undefined>
  run(input: RunInput, options?: MemberRunOptions & WholeAnswer): Promise<MemberOutput>
  /**
   * Continues a paused run.
   *
   * @param answers `requirements` of an agent or a team, `step_requirements` of a workflow, with their answers
   */
  continueRun(
    runId: string,
    answers: readonly Record<string, unknown>[] | undefined,
    options: ContinueOptions & StreamedAnswer,
  ): AsyncGenerator<ComposedEvent, void, undefined>
  continueRun(
    runId: string,
    answers?: readonly Record<string, unknown>[],
    options?: ContinueOptions & WholeAnswer,
  ): Promise<MemberOutput>
  /** Cancels a run. Resolves false when the member refuses or is unreachable. */
  cancelRun(
    runId: string,
    options?: CallOptions & { readonly sessionId?: string | undefined },
  ): Promise<boolean>
  /** Events of a run in the background after a position. Missing for a member that has no such runs. */
  resumeRun?(
    runId: string,
    options: CallOptions & {
      readonly lastEventIndex?: number | undefined
      readonly sessionId?: string | undefined
    },
  ): AsyncGenerator<ComposedEvent, void, undefined>
  /** Returns a stored run. */
  getRun(
    runId: string,
    options: CallOptions & { readonly sessionId: string },
  ): Promise<MemberOutput>
}

/** Distinguishes a member from a block and from a function. */
export function isMember(value: unknown): value is Member {
  return typeof value === 'object' && value !== null && 'cancelRun' in value && 'kind' in value
}

/** Name of a member. A remote reports its own in its first output. */
export function nameOf({ kind, name }: Member, output: MemberOutput): string {
  const reported = output[`${SINGULAR[kind]}_name`]
  return typeof reported === 'string' ? reported : name
}
