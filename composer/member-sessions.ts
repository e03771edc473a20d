/**
 * Deletes and renames the sessions that members have in their AgentOS together with the composed session. Agno's local
 * members have no sessions of their own.
 */
import type { FastifyBaseLogger } from 'fastify'
import { SINGULAR } from '../config/component-kind.ts'
import { membersOf } from '../config/composition.ts'
import { AgentOSApi } from '../src/client/agentos-api.ts'
import { AgentOSError } from '../src/client/agentos-error.ts'
import { memberSessionId } from '../src/compose/ids.ts'
import type { MemberOutput } from '../src/compose/member.ts'
import type { ComposeStore, StoredRun, StoredSession } from '../src/compose/store.ts'
import { percentEncoded } from '../src/parameters/path.ts'
import type { Upstream } from '../src/upstream/upstream.ts'
import type { Caller } from './caller.ts'
import type { Definitions } from './definitions.ts'

/** Longest wait for the members of one session, in milliseconds. */
const TIMEOUT_MS = 10_000

/** Parts of {@link MemberSessions}. */
export interface MemberSessionsOptions {
  /** The gateway that serves the members. */
  readonly gateway: Upstream
  readonly store: Pick<ComposeStore, 'runsOf'>
  readonly logger: FastifyBaseLogger
  definitions(): Definitions
}

interface MemberSession {
  readonly sessionId: string
  /** `agent`, `team` or `workflow`. */
  readonly type: string
}

/** The members' sessions, as the caller of a request may change them. */
export class MemberSessions {
  readonly #options: MemberSessionsOptions
  readonly #api: AgentOSApi

  constructor(options: MemberSessionsOptions) {
    this.#options = options
    this.#api = new AgentOSApi(options.gateway, TIMEOUT_MS)
  }

  /** Resolves in every case. A session that cannot be deleted is logged. */
  async delete(session: StoredSession, caller: Caller): Promise<void> {
    await this.#each(session, caller, 'DELETE')
  }

  /** Resolves in every case. A session that cannot be renamed is logged. */
  async rename(session: StoredSession, caller: Caller, name: string): Promise<void> {
    await this.#each(session, caller, 'POST', '/rename', { session_name: name })
  }

  async #each(
    session: StoredSession,
    { authToken, headers, isTooDeep }: Caller,
    method: string,
    action = '',
    json?: object,
  ): Promise<void> {
    if (isTooDeep) return
    const options = { authToken, headers, signal: AbortSignal.timeout(TIMEOUT_MS) }
    const calls = (await this.#sessionsOf(session)).map(async ({ sessionId, type }) => {
      const path = `/sessions/${percentEncoded(sessionId)}${action}`
      try {
        await this.#api.call(method, path, { type }, options, json && { json })
      } catch (error) {
        // A member that has not run, or has no database, has no session.
        if (error instanceof AgentOSError && error.status === 404) return
        this.#options.logger.warn(
          { err: error, sessionId, method },
          "a member's session was neither deleted nor renamed",
        )
      }
    })
    await Promise.all(calls)
  }

  /** Members of the definition in force, and members of earlier definitions that have run. */
  async #sessionsOf(session: StoredSession): Promise<MemberSession[]> {
    const { kind, componentId } = session
    const { teamConfigs, workflowConfigs } = this.#options.definitions()
    const refs =
      kind === 'teams'
        ? (teamConfigs.get(componentId)?.members ?? []).map(({ ref }) => ref)
        : membersOf(workflowConfigs.get(componentId)?.steps ?? [])
    const runs = await this.#options.store.runsOf(session.sessionId)
    const all = [
      ...refs.map((ref) => ({ type: SINGULAR[ref.kind], id: ref.id })),
      ...runs.flatMap(membersIn),
    ]
    const sessions = new Map<string, MemberSession>()
    for (const { type, id } of all) {
      const sessionId = memberSessionId(session.sessionId, id)
      sessions.set(`${type}/${sessionId}`, { sessionId, type })
    }
    return [...sessions.values()]
  }
}

/** Members that have run, by their outputs. */
function membersIn({ kind, output }: StoredRun): { readonly type: string; readonly id: string }[] {
  const key = kind === 'teams' ? 'member_responses' : 'step_executor_runs'
  return ((output?.[key] ?? []) as MemberOutput[]).flatMap((member) => {
    // The output of a workflow's agent contains the id of the workflow, too.
    const type = ['agent', 'team', 'workflow'].find((one) => `${one}_id` in member)
    return type === undefined ? [] : [{ type, id: String(member[`${type}_id`]) }]
  })
}
