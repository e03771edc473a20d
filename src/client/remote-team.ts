/** RemoteTeam: runs a team of another AgentOS, with the interface of Agno's class. */
import type { RemoteBinding } from '../remote/base-remote.ts'
import type { CallOptions } from './agentos-api.ts'
import type { RunStream } from './component-remote.ts'
import { subPath } from './component-remote.ts'
import type { AgentConfig } from './model-remote.ts'
import { ModelRemote } from './model-remote.ts'
import type { TeamRunEvent } from './run-events.ts'
import { continueForm } from './run-form.ts'
import type {
  ContinueOptions,
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
export class RemoteTeam extends ModelRemote<TeamConfig, TeamRunOutput, TeamRunEvent> {
  constructor(options: RemoteTeamOptions | RemoteBinding) {
    super(
      'teams',
      'upstream' in options ? options : standaloneBinding(options, options.teamId, 300_000),
    )
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
