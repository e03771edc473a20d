import type { RemoteBinding } from '../remote/base-remote.ts'
import type { CallOptions } from './agentos-api.ts'
import { toolsOf } from './card.ts'
import type { RunStream } from './component-remote.ts'
import { ComponentRemote, subPath } from './component-remote.ts'
import type { AgentConfig } from './remote-agent.ts'
import { RemoteKnowledge } from './remote-knowledge.ts'
import type { TeamRunEvent } from './run-events.ts'
import { continueForm } from './run-form.ts'
import type {
  ContinueOptions,
  RunOptions,
  RunRequirement,
  StreamedAnswer,
  TeamRunOutput,
  WholeAnswer,
} from './run-types.ts'
import type { RemoteOptions } from './standalone.ts'
import { standaloneBinding } from './standalone.ts'

/** Parameters of {@link RemoteTeam}, as Agno's. */
export interface RemoteTeamOptions extends RemoteOptions {
  /** Id of the team on the AgentOS. */
  readonly teamId: string
}

/** A team's config. @see AgentOS `GET /teams/{team_id}` */
export interface TeamConfig extends AgentConfig {
  /** `coordinate`, `route`, `broadcast` or `tasks`. */
  readonly mode?: string | null
  readonly members?: readonly (AgentConfig | TeamConfig)[] | null
}

/** A team on another AgentOS, with the interface of Agno's `RemoteTeam`. */
export class RemoteTeam extends ComponentRemote<
  TeamConfig,
  TeamRunOutput,
  TeamRunEvent,
  RunOptions
> {
  constructor(options: RemoteTeamOptions | RemoteBinding) {
    super(
      'teams',
      'upstream' in options ? options : standaloneBinding(options, options.teamId, 300_000),
    )
  }

  /** Role in the last fetched config. */
  get role(): string | undefined {
    return this.lastCard?.role ?? undefined
  }

  /** Tools in the last fetched config; undefined when it has none. */
  get tools(): Record<string, unknown>[] | undefined {
    return toolsOf(this.lastCard?.tools)
  }

  /** Knowledge in the last fetched config; undefined when it has none. */
  get knowledge(): RemoteKnowledge | undefined {
    return RemoteKnowledge.fromCard(this.lastCard?.knowledge, this.api, this.lastOsConfig)
  }

  /** Fetches the config without the cache, which stays unchanged. @throws as {@link run} */
  getTeamConfig(options?: CallOptions): Promise<TeamConfig> {
    return this.freshConfig(options)
  }

  /**
   * Continues a paused run, as Agno's `acontinue_run`.
   *
   * @param requirements requirements of the paused run with their answers. Default none.
   * @throws as {@link run}
   */
  continueRun(
    runId: string,
    requirements: readonly RunRequirement[] | undefined,
    options: ContinueOptions & StreamedAnswer,
  ): RunStream<TeamRunEvent>
  continueRun(
    runId: string,
    requirements?: readonly RunRequirement[],
    options?: ContinueOptions & WholeAnswer,
  ): Promise<TeamRunOutput>
  continueRun(
    runId: string,
    requirements: readonly RunRequirement[] = [],
    options: ContinueOptions & (StreamedAnswer | WholeAnswer) = {},
  ): RunStream<TeamRunEvent> | Promise<TeamRunOutput> {
    const isStream = options.stream === true
    const form = continueForm('requirements', requirements, isStream, options)
    return this.answer(`${subPath(runId)}/continue`, () => form, isStream, options)
  }
}
