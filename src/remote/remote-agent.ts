import type { ComponentCard, RemoteBinding, RemoteOptions } from './base-remote.ts'
import { BaseRemote, standaloneBinding } from './base-remote.ts'

/** Parameters of {@link RemoteAgent}, as Agno's. */
export interface RemoteAgentOptions extends RemoteOptions {
  readonly agentId: string
}

/** An agent's config. @see AgentOS `GET /agents/{agent_id}` */
export interface AgentConfig extends ComponentCard {
  readonly role?: string | null
  readonly tools?: { readonly tools?: unknown } | null
  readonly knowledge?: { readonly db_id?: string; readonly knowledge_table?: string } | null
}

/** An agent on another AgentOS. */
export class RemoteAgent extends BaseRemote<AgentConfig> {
  constructor(options: RemoteAgentOptions | RemoteBinding) {
    super(
      'agents',
      'upstream' in options ? options : standaloneBinding(options, options.agentId, 60_000),
    )
  }
}
