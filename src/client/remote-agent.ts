/** RemoteAgent: runs an agent of another AgentOS, with the interface of Agno's class. */
import type { RemoteBinding } from '../remote/base-remote.ts'
import type { CallOptions } from './agentos-api.ts'
import type { RunStream } from './component-remote.ts'
import { subPath } from './component-remote.ts'
import type { AgentConfig } from './model-remote.ts'
import { ModelRemote } from './model-remote.ts'
import type { RunEvent } from './run-events.ts'
import { continueForm, toolExecutions } from './run-form.ts'
import type {
  ContinueOptions,
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
export class RemoteAgent extends ModelRemote<AgentConfig, RunOutput, RunEvent> {
  constructor(options: RemoteAgentOptions | RemoteBinding) {
    super(
      'agents',
      'upstream' in options ? options : standaloneBinding(options, options.agentId, 60_000),
    )
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
