import type { ComponentCard, RemoteBinding } from '../remote/base-remote.ts'
import type { CallOptions } from './agentos-api.ts'
import { toolsOf } from './card.ts'
import type { RunStream } from './component-remote.ts'
import { ComponentRemote, subPath } from './component-remote.ts'
import { RemoteKnowledge } from './remote-knowledge.ts'
import type { RunEvent } from './run-events.ts'
import { continueForm, toolExecutions } from './run-form.ts'
import type {
  ContinueOptions,
  RunOptions,
  RunOutput,
  RunRequirement,
  StreamedAnswer,
  ToolExecution,
  WholeAnswer,
} from './run-types.ts'
import type { RemoteOptions } from './standalone.ts'
import { standaloneBinding } from './standalone.ts'

/** Parameters of {@link RemoteAgent}, as Agno's. */
export interface RemoteAgentOptions extends RemoteOptions {
  /** Id of the agent on the AgentOS. */
  readonly agentId: string
}

/** An agent's config. @see AgentOS `GET /agents/{agent_id}` */
export interface AgentConfig extends ComponentCard {
  readonly role?: string | null
  /** `tools` is a list, or its JSON text in older releases. */
  readonly tools?: { readonly tools?: unknown } | null
  readonly knowledge?: {
    readonly db_id?: string | null
    readonly knowledge_table?: string | null
  } | null
}

/**
 * An agent on another AgentOS, with the interface of Agno's `RemoteAgent`.
 *
 * @example
 * const agent = new RemoteAgent({ baseUrl: 'http://localhost:7777', agentId: 'assistant' })
 * for await (const event of agent.run('Hello', { stream: true })) {
 *   if (event.event === 'RunContent') process.stdout.write(String(event.content))
 * }
 * await agent.close()
 */
export class RemoteAgent extends ComponentRemote<AgentConfig, RunOutput, RunEvent, RunOptions> {
  constructor(options: RemoteAgentOptions | RemoteBinding) {
    super(
      'agents',
      'upstream' in options ? options : standaloneBinding(options, options.agentId, 60_000),
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
  getAgentConfig(options?: CallOptions): Promise<AgentConfig> {
    return this.freshConfig(options)
  }

  /**
   * Continues a paused run, as Agno's `acontinue_run`.
   *
   * @param updatedTools tool calls of the paused run with their results, or its requirements. Default none.
   * @throws as {@link run}
   */
  continueRun(
    runId: string,
    updatedTools: readonly (ToolExecution | RunRequirement)[] | undefined,
    options: ContinueOptions & StreamedAnswer,
  ): RunStream<RunEvent>
  continueRun(
    runId: string,
    updatedTools?: readonly (ToolExecution | RunRequirement)[],
    options?: ContinueOptions & WholeAnswer,
  ): Promise<RunOutput>
  continueRun(
    runId: string,
    updatedTools: readonly (ToolExecution | RunRequirement)[] = [],
    options: ContinueOptions & (StreamedAnswer | WholeAnswer) = {},
  ): RunStream<RunEvent> | Promise<RunOutput> {
    const isStream = options.stream === true
    const form = continueForm('tools', toolExecutions(updatedTools), isStream, options)
    return this.answer(`${subPath(runId)}/continue`, () => form, isStream, options)
  }
}
